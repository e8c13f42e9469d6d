// (x - mean) / √(variance + ε), times a weight, plus a bias (Ba et al. 2016); in two passes over the row.
#pragma once

#include <cassert>
#include <cmath>

#include "tessera/core/tensor.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::norm {

// One row; y may be x; w and b may be null. The mean is taken off in two parts, the second being that of what the first
// leaves: where the mean is large beside the deviations, a sum of floats is not precise enough for it.
inline void layer_row(const float* x, float* y, index_t n, const float* w, const float* b, float epsilon) {
    using namespace simd;
    const floats high(static_cast<float>(row_sum(x, n) / double(n)));
    const double left = sum_over(n, [&](floats s, index_t i, index_t k) {
        const floats d = load_up_to(x + i, k) - high;
        return s + (k == lanes ? d : select(first_lanes_of(k), d, zero()));
    });
    const floats low(static_cast<float>(left / double(n)));
    const double squares = sum_over(n, [&](floats s, index_t i, index_t k) {
        const floats d = (load_up_to(x + i, k) - high) - low;
        return fmadd(d, k == lanes ? d : select(first_lanes_of(k), d, zero()), s);
    });
    const floats factor(static_cast<float>(1.0 / std::sqrt(squares / double(n) + double(epsilon))));
    const auto finish = [&](index_t i, index_t k) {
        floats v = ((load_up_to(x + i, k) - high) - low) * factor;
        if (w != nullptr && b != nullptr) {
            v = fmadd(v, load_up_to(w + i, k), load_up_to(b + i, k));
        } else if (w != nullptr) {
            v = v * load_up_to(w + i, k);
        }
        store_up_to(v, y + i, k);
    };
    index_t i = 0;
    for (; i + lanes <= n; i += lanes) finish(i, lanes);
    if (i < n) finish(i, n - i);
}

// weight and bias are [width], or empty for none; rows may be narrower than they are. A bias needs a weight.
struct layer {
    tensor<float, 1> weight{};
    tensor<float, 1> bias{};
    float epsilon = 1e-5f;

    void row(const float* x, float* y, index_t n) const { layer_row(x, y, n, weight.data(), bias.data(), epsilon); }

    // y may be x.
    void operator()(view<const float> x, view<float> y, exec::executor_ref run) const {
        assert(x.extents() == y.extents() && (weight.size() == 0 || x.extent(1) <= weight.size()));
        exec::for_rows(run, x.extent(0), 3 * x.extent(1),
                       [&](index_t r) { row(x.data() + r * x.stride(0), y.data() + r * y.stride(0), x.extent(1)); });
    }
};

// A weight for each head, no bias: [heads, head_dim].
struct layer_per_head {
    tensor<float, 2> weight{};
    float epsilon = 1e-5f;
};

}
