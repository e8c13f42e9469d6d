// Scores squeezed into (-cap, cap), as in Gemma 2: cap · tanh(score / cap).
#pragma once

#include "tessera/attention/policy.hpp"
#include "tessera/simd/math.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct softcap {
    float cap;

    template <class V, class K>
    V transform(V score, const query&, const K&) const {
        return V(cap) * simd::tanh(score * V(1.0f / cap));
    }
};

}
