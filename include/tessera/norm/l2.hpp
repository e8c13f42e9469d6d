// x / √(sum of x² + ε), times a factor.
#pragma once

#include <cmath>

#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::norm {

// One row; y may be x.
inline void l2_row(const float* x, float* y, index_t n, float epsilon, float factor = 1.0f) {
    const double squares = simd::sum_over(n, [x](simd::floats s, index_t i, index_t k) {
        const simd::floats v = simd::load_up_to(x + i, k);
        return simd::fmadd(v, v, s);
    });
    const simd::floats by(static_cast<float>(double(factor) / std::sqrt(squares + double(epsilon))));
    simd::map(x, y, n, [by](simd::floats v) { return v * by; });
}

}
