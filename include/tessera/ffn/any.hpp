// The feed-forwards that a layer read from a file may have.
#pragma once

#include "tessera/ffn/moe.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

using any = std::variant<gated, mlp, moe>;

}
