// A running softmax: for each row the largest score m, the sum l of exp(score - m) and the weighted values O; how
// partial ones are merged.
#pragma once

#include <algorithm>

#include "tessera/simd/math.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// The score of a key that is not seen.
inline constexpr float masked = -std::numeric_limits<float>::infinity();

// (m, l, O) of some rows over some keys; memory is the caller's. Rows of m and l are padded to whole vectors.
struct softmax_state {
    float* m;  // [rows]
    float* l;  // [rows]
    float* o;  // [rows, stride]
    index_t stride;

    static constexpr index_t padded(index_t rows) { return round_up(rows, 16); }
    static constexpr index_t floats_needed(index_t rows, index_t stride) { return 2 * padded(rows) + rows * stride; }
    static softmax_state over(float* memory, index_t rows, index_t stride) {
        return {memory, memory + padded(rows), memory + 2 * padded(rows), stride};
    }

    // No keys yet: the identity of merge().
    void clear(index_t rows) const {
        std::fill_n(m, padded(rows), masked);
        std::fill_n(l, padded(rows), 0.0f);
        std::fill_n(o, rows * stride, 0.0f);
    }
};

// m, or 0 where it is -∞, so that -∞ - m stays -∞.
inline float finite(float m) { return m == masked ? 0.0f : m; }
inline simd::floats finite(simd::floats m) { return simd::select(m == simd::floats(masked), simd::zero(), m); }

// into = into ⊕ part, with m' = max(m, m_part), l' = l · exp(m - m') + l_part · exp(m_part - m'), O likewise. Rows in
// which `part` saw no key (m = -∞, l = 0, O finite) stay as they are, to the bit.
inline void merge(const softmax_state& into, const softmax_state& part, index_t rows) {
    constexpr index_t padding = 16;
    float keep[padding], take[padding];
    for (index_t r0 = 0; r0 < rows; r0 += padding) {
        for (index_t r = 0; r < padding; r += simd::lanes) {
            const auto m = simd::load(into.m + r0 + r), m_part = simd::load(part.m + r0 + r);
            const auto top = simd::max(m, m_part);
            const auto a = simd::exp(m - finite(top)), b = simd::exp(m_part - finite(top));
            const auto l = simd::fmadd(simd::load(part.l + r0 + r), b, simd::load(into.l + r0 + r) * a);
            simd::store(top, into.m + r0 + r);
            simd::store(l, into.l + r0 + r);
            simd::store(a, keep + r);
            simd::store(b, take + r);
        }
        for (index_t r = r0; r < std::min(r0 + padding, rows); ++r) {
            const simd::floats a(keep[r - r0]), b(take[r - r0]);
            float* o = into.o + r * into.stride;
            const float* o_part = part.o + r * part.stride;
            for (index_t i = 0; i < into.stride; i += simd::lanes)
                simd::store(simd::fmadd(simd::load(o_part + i), b, simd::load(o + i) * a), o + i);
        }
    }
}

// A row over all its keys: out = factor · O.
struct row_end {
    float m, l, factor;
};

// With one more key, of this score and a value of zero.
inline row_end end_with_sink(float m, float l, float sink) {
    const float top = std::max(m, sink), keep = simd::exp(m - finite(top));
    const float sum = simd::fmadd(l, keep, simd::exp(sink - finite(top)));
    return {top, sum, sum == 0.0f ? 0.0f : keep / sum};
}

}
