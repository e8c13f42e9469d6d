// About the largest k of a row by a threshold instead of a sort: what lies so many standard deviations above the mean,
// as if the row were normally distributed (You et al. 2025).
#pragma once

#include <cassert>
#include <cmath>
#include <numbers>

#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

// The x below which a standard normal variable is with this probability, 0 < p < 1.
inline double normal_quantile(double p) {
    assert(p > 0.0 && p < 1.0);
    double low = -40.0, high = 40.0;
    for (int i = 0; i < 100; ++i) {
        const double x = 0.5 * (low + high);
        (0.5 * std::erfc(-x / std::numbers::sqrt2) < p ? low : high) = x;
    }
    return 0.5 * (low + high);
}

// x = max(0, x - (mean + deviations · standard deviation)) of a row.
inline void keep_above(float* x, index_t n, float deviations) {
    const simd::floats mean(static_cast<float>(simd::row_sum(x, n) / double(n)));
    const double squares = simd::sum_over(n, [&](simd::floats s, index_t i, index_t k) {
        const simd::floats v = simd::select(simd::first_lanes_of(k), simd::load_up_to(x + i, k) - mean, simd::zero());
        return simd::fmadd(v, v, s);
    });
    const simd::floats deviation(static_cast<float>(std::sqrt(squares / double(n))));
    const simd::floats least = simd::fmadd(deviation, simd::floats(deviations), mean);
    simd::map(x, x, n, [&](simd::floats v) { return simd::max(simd::zero(), v - least); });
}

}
