// Causal attention with sinks, with or without a window: gpt-oss.
#include "tessera/models/gpt_oss.hpp"
#include "tessera/models/load.hpp"

template class tessera::model::decoder<tessera::models::scores_of<tessera::models::gpt_oss>>;
