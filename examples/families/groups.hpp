// The groups of families, each compiled in a file of its own: leave one out and the programs do without it.
#pragma once

#include "tessera/models/load.hpp"

extern template struct tessera::gemm::packers_of<tessera::gemm::block_formats>;  // compiled in kernels.cpp

namespace examples {

tessera::models::family_group llama_families();
tessera::models::family_group gpt_families();
tessera::models::family_group mixtures_families();
tessera::models::family_group mixers_families();
tessera::models::family_group recurrent_families();
tessera::models::family_group linear_attention_families();
tessera::models::family_group encoder_decoder_families();
tessera::models::encoder_group encoder_families();

}
