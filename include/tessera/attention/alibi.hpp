// Attention with linear biases (Press, Smith and Lewis 2022): - slope[head] · distance.
#pragma once

#include <cassert>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct alibi {
    std::span<const float> slopes;  // [query heads]

    template <class K>
    score_of<K> bias(const query& q, const K& k) const {
        return simd::abs(simd::to_floats(k.position - q.position)) * score_of<K>(-slopes[std::size_t(q.head)]);
    }
};

inline float as_bf16(float x) { return float(bf16(x)); }
inline simd::floats as_bf16(simd::floats x) {
    bf16 rounded[simd::lanes];
    simd::store(x, rounded);
    return simd::load(rounded);
}

// A model's ALiBi: the slopes belong to the copies of the policy. Falcon rounds slope · position to bfloat16 before the
// scores are scaled, so that its biases do not depend on the distance alone.
struct model_alibi {
    std::shared_ptr<const std::vector<float>> slopes;  // [query heads]
    float factor_of_rounded = 0.0f;                    // of slope · position in bfloat16; 0: plain ALiBi

    template <class K>
    score_of<K> bias(const query& q, const K& k) const {
        if (factor_of_rounded == 0.0f) return alibi{*slopes}.bias(q, k);
        const float slope = (*slopes)[std::size_t(q.head)];
        const score_of<K> at_key = as_bf16(simd::to_floats(k.position) * score_of<K>(slope));
        return (at_key - score_of<K>(as_bf16(float(q.position) * slope))) * score_of<K>(factor_of_rounded);
    }
};

// The paper's slopes: 2^(-8 i / n) for the largest power of two n <= heads, then every other one of those of 2 n. MPT
// has exponents other than 8.
inline void alibi_slopes(std::span<float> slopes, double exponent = 8.0) {
    std::size_t n = 1;
    while (2 * n <= slopes.size()) n *= 2;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        const double step = i < n ? double(i + 1) / double(n) : double(2 * (i - n) + 1) / double(2 * n);
        slopes[i] = float(std::exp2(-exponent * step));
    }
}

}
