// Causal attention with soft-capped scores: Gemma 2.
#include "tessera/models/gemma.hpp"
#include "tessera/models/load.hpp"

template class tessera::model::decoder<tessera::models::scores_of<tessera::models::gemma2>>;
