// Every query sees every key.
#pragma once

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct full {
    static constexpr cover covers(range, range) { return cover::full; }
};

}
