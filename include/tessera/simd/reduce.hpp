// Sums and maxima over a row, in one tree that depends on the length of the row alone.
#pragma once

#include <limits>

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::simd {

// Floats are summed in pieces of this many registers, four chains side by side, and the pieces in double: the rounding
// errors of a sum of n numbers are those of about twenty additions, whatever n.
inline constexpr index_t registers_per_piece = 64;

// True in the first n lanes.
inline mask first_lanes_of(index_t n) { return to_floats(iota()) < floats(static_cast<float>(n)); }

// The sum that step(s, i, n) builds: it adds what elements [i, i + n) give to a register, nothing to its lanes from n
// on.
template <class Step>
double sum_over(index_t size, Step step) {
    double total = 0.0;
    for (index_t begin = 0; begin < size; begin += registers_per_piece * lanes) {
        const index_t end = begin + registers_per_piece * lanes < size ? begin + registers_per_piece * lanes : size;
        floats s[4] = {zero(), zero(), zero(), zero()};
        index_t i = begin;
        for (; i + 4 * lanes <= end; i += 4 * lanes) {
            s[0] = step(s[0], i, lanes);
            s[1] = step(s[1], i + lanes, lanes);
            s[2] = step(s[2], i + 2 * lanes, lanes);
            s[3] = step(s[3], i + 3 * lanes, lanes);
        }
        for (; i < end; i += lanes) s[0] = step(s[0], i, end - i < lanes ? end - i : lanes);
        total += double(reduce_add((s[0] + s[1]) + (s[2] + s[3])));
    }
    return total;
}

// x[i .. i + n) with zeros from n on; n <= lanes.
template <class T>
floats load_up_to(const T* x, index_t n) {
    return n == lanes ? load(x) : load_first(x, n);
}
template <class T>
void store_up_to(floats v, T* x, index_t n) {
    n == lanes ? store(v, x) : store_first(v, x, n);
}

// y[i] = f(x[i]) for i in [0, n); y may be x.
template <class F>
void map(const float* x, float* y, index_t n, F f) {
    index_t i = 0;
    for (; i + lanes <= n; i += lanes) store(f(load(x + i)), y + i);
    if (i < n) store_first(f(load_first(x + i, n - i)), y + i, n - i);
}
// z[i] = f(x[i], y[i]).
template <class F>
void map(const float* x, const float* y, float* z, index_t n, F f) {
    index_t i = 0;
    for (; i + lanes <= n; i += lanes) store(f(load(x + i), load(y + i)), z + i);
    if (i < n) store_first(f(load_first(x + i, n - i), load_first(y + i, n - i)), z + i, n - i);
}

inline double row_sum(const float* x, index_t n) {
    return sum_over(n, [x](floats s, index_t i, index_t k) { return s + load_up_to(x + i, k); });
}

// The largest; -infinity of an empty row. NaN is passed over.
inline float row_max(const float* x, index_t n) {
    const floats lowest(-std::numeric_limits<float>::infinity());
    floats m[4] = {lowest, lowest, lowest, lowest};
    index_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        m[0] = max(load(x + i), m[0]);
        m[1] = max(load(x + i + lanes), m[1]);
        m[2] = max(load(x + i + 2 * lanes), m[2]);
        m[3] = max(load(x + i + 3 * lanes), m[3]);
    }
    for (; i < n; i += lanes) {
        const index_t k = n - i < lanes ? n - i : lanes;
        m[0] = max(select(first_lanes_of(k), load_up_to(x + i, k), lowest), m[0]);
    }
    return reduce_max(max(max(m[0], m[1]), max(m[2], m[3])));
}

}
