// The largest element of a row, and its k largest in order; of equal ones the first. NaN counts as -infinity.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// Index of the largest; 0 of a row without numbers, -1 of an empty one.
inline index_t arg_max(std::span<const float> x) {
    const index_t n = index_t(x.size());
    if (n == 0) return -1;
    const simd::floats largest(simd::row_max(x.data(), n));
    index_t i = 0;
    for (; i + simd::lanes <= n; i += simd::lanes)
        if (simd::any(simd::load(x.data() + i) == largest)) break;
    const float wanted = simd::first(largest);
    for (; i < n; ++i)
        if (x[std::size_t(i)] == wanted) return i;
    return 0;
}

// Writes the indices of the min(out.size(), x.size()) largest, the largest first, and returns them. Most elements are
// passed over a register at a time, against the smallest that is kept.
inline std::span<index_t> top_k(std::span<const float> x, std::span<index_t> out) {
    const index_t n = index_t(x.size()), k = std::min(index_t(out.size()), n);
    const auto value = [&](index_t i) {
        const float v = x[std::size_t(i)];
        return v == v ? v : -std::numeric_limits<float>::infinity();
    };
    const auto before = [&](index_t a, index_t b) { return value(a) != value(b) ? value(a) > value(b) : a < b; };
    const std::span<index_t> kept = out.first(std::size_t(k));
    for (index_t i = 0; i < k; ++i) kept[std::size_t(i)] = i;
    if (k == 0) return kept;
    std::make_heap(kept.begin(), kept.end(), before);  // the last in order is in front
    for (index_t i = k; i < n;) {
        const index_t end = std::min(i + simd::lanes, n);
        const simd::floats least(value(kept.front()));
        if (end - i == simd::lanes && !simd::any(simd::load(x.data() + i) > least)) {
            i = end;
            continue;
        }
        for (; i < end; ++i) {
            if (!before(i, kept.front())) continue;
            std::pop_heap(kept.begin(), kept.end(), before);
            kept.back() = i;
            std::push_heap(kept.begin(), kept.end(), before);
        }
    }
    std::sort_heap(kept.begin(), kept.end(), before);
    return kept;
}

}
