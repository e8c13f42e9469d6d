// Attention with linear biases (Press, Smith and Lewis 2022): - slope[head] · distance.
#pragma once

#include <cassert>
#include <cmath>
#include <span>

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct alibi {
    std::span<const float> slopes;  // [query heads]

    template <class K>
    score_of<K> bias(const query& q, const K& k) const {
        return simd::abs(simd::to_floats(k.position - q.position)) * score_of<K>(-slopes[std::size_t(q.head)]);
    }
};

// The paper's slopes: 2^(-8 i / n) for the largest power of two n <= heads, then every other one of those of 2 n.
inline void alibi_slopes(std::span<float> slopes) {
    std::size_t n = 1;
    while (2 * n <= slopes.size()) n *= 2;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        const double step = i < n ? 8.0 * double(i + 1) / double(n) : 4.0 * double(2 * (i - n) + 1) / double(n);
        slopes[i] = float(std::exp2(-step));
    }
}

}
