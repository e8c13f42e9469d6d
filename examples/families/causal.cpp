// Causal attention, with or without a window: llama and most others.
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"

template class tessera::model::decoder<tessera::models::scores_of<tessera::models::llama>>;
