// Causal attention with ALiBi: BLOOM, MPT, some of the Falcons.
#include "tessera/models/bloom.hpp"
#include "tessera/models/load.hpp"

template class tessera::model::decoder<tessera::models::scores_of<tessera::models::bloom>>;
