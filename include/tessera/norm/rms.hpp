// x / √(mean of x² + ε), times a weight (Zhang and Sennrich 2019).
#pragma once

#include <cassert>
#include <cmath>

#include "tessera/core/tensor.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::norm {

// One row; y may be x; w may be null, and `offset` is added to its elements.
inline void rms_row(const float* x, float* y, index_t n, const float* w, float epsilon, float offset = 0.0f) {
    const double squares = simd::sum_over(n, [x](simd::floats s, index_t i, index_t k) {
        const simd::floats v = simd::load_up_to(x + i, k);
        return simd::fmadd(v, v, s);
    });
    const simd::floats factor(static_cast<float>(1.0 / std::sqrt(squares / double(n) + double(epsilon))));
    const simd::floats plus(offset);
    if (w == nullptr) {
        simd::map(x, y, n, [&](simd::floats v) { return v * factor; });
    } else {
        simd::map(x, w, y, n, [&](simd::floats v, simd::floats by) { return (v * factor) * (by + plus); });
    }
}

// weight is [width], or empty for none; rows may be narrower than it: they meet its first elements.
struct rms {
    tensor<float, 1> weight{};
    float epsilon = 1e-6f;
    float offset = 0.0f;  // added to the weight: 1 where checkpoints store it less one (Gemma)

    // y may be x.
    void row(const float* x, float* y, index_t n) const { rms_row(x, y, n, weight.data(), epsilon, offset); }

    void operator()(view<const float> x, view<float> y, exec::executor_ref run) const {
        assert(x.extents() == y.extents() && (weight.size() == 0 || x.extent(1) <= weight.size()));
        exec::for_rows(run, x.extent(0), 2 * x.extent(1),
                       [&](index_t r) { row(x.data() + r * x.stride(0), y.data() + r * y.stride(0), x.extent(1)); });
    }
};

// A weight for each head, or group of channels: [heads, head_dim].
struct rms_per_head {
    tensor<float, 2> weight{};
    float epsilon = 1e-6f;
};

}
