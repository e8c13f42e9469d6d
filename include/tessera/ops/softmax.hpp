// Softmax and its logarithm over rows: the largest is subtracted first, so that nothing overflows.
#pragma once

#include <cmath>

#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// The largest of a row and Σ e^(x - largest), the sum in a tree that depends on the row's length alone. A row of
// -infinity alone, or with +infinity or NaN in it, has no softmax: its sum is NaN.
struct exponential_sum {
    float largest;
    double sum;
};

inline exponential_sum exponential_sum_of(const float* x, index_t n) {
    const float largest = simd::row_max(x, n);
    const simd::floats m(largest);
    const double sum = simd::sum_over(n, [&](simd::floats s, index_t i, index_t k) {
        const simd::floats e = simd::exp(simd::load_up_to(x + i, k) - m);
        return s + (k == simd::lanes ? e : simd::select(simd::first_lanes_of(k), e, simd::zero()));
    });
    return {largest, sum};
}

// ln Σ e^x of one row; -infinity when nothing is larger than that.
inline float log_sum_exp(const float* x, index_t n) {
    const exponential_sum s = exponential_sum_of(x, n);
    if (s.largest == -std::numeric_limits<float>::infinity()) return s.largest;
    return static_cast<float>(double(s.largest) + std::log(s.sum));
}

// One row; y may be x.
inline void softmax_row(const float* x, float* y, index_t n) {
    const simd::floats largest(simd::row_max(x, n));
    const double sum = simd::sum_over(n, [&](simd::floats s, index_t i, index_t k) {
        const simd::floats e = simd::exp(simd::load_up_to(x + i, k) - largest);
        simd::store_up_to(e, y + i, k);
        return s + (k == simd::lanes ? e : simd::select(simd::first_lanes_of(k), e, simd::zero()));
    });
    const simd::floats factor(static_cast<float>(1.0 / sum));
    simd::map(y, y, n, [factor](simd::floats v) { return v * factor; });
}
inline void log_softmax_row(const float* x, float* y, index_t n) {
    const exponential_sum s = exponential_sum_of(x, n);
    const simd::floats largest(s.largest), log_sum(static_cast<float>(std::log(s.sum)));
    simd::map(x, y, n, [&](simd::floats v) { return (v - largest) - log_sum; });
}

// Of every row; y may be x.
inline void softmax(view<const float> x, view<float> y, exec::executor_ref run) {
    assert(x.extents() == y.extents());
    exec::for_rows(run, x.extent(0), 4 * x.extent(1),
                   [&](index_t row) { softmax_row(row_of(x, row), row_of(y, row), x.extent(1)); });
}
inline void log_softmax(view<const float> x, view<float> y, exec::executor_ref run) {
    assert(x.extents() == y.extents());
    exec::for_rows(run, x.extent(0), 4 * x.extent(1),
                   [&](index_t row) { log_softmax_row(row_of(x, row), row_of(y, row), x.extent(1)); });
}

}
