// A linear map with its bias, and where its result goes: a view of its own, or added to a residual stream.
#pragma once

#include <span>

#include "tessera/core/tensor.hpp"
#include "tessera/gemm/epilogue.hpp"
#include "tessera/gemm/multiply.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// x · Wᵀ + b. The bias is always there: zeros where a checkpoint has none.
struct affine {
    linear weight;
    tensor<float, 1> b;  // [outputs]

    affine() = default;
    explicit affine(linear w) : weight(std::move(w)), b({weight.outputs()}) {}
    affine(linear w, tensor<float, 1> offset) : weight(std::move(w)), b(std::move(offset)) {}

    index_t outputs() const { return weight.outputs(); }
    index_t inputs() const { return weight.inputs(); }
    index_t bytes() const { return weight.bytes() + b.bytes(); }
    index_t parameters() const { return outputs() * inputs(); }
    gemm::bias bias() const { return {b.data()}; }
};

// y + factor · (x + b): what a sublayer adds to the residual stream.
struct add_to {
    view<const float> y;
    const float* b;
    float factor;
    template <class V>
    V operator()(V x, index_t row, index_t column) const {
        return simd::fmadd(x + simd::load<V>(b + column), V(factor),
                           simd::load<V>(y.data() + row * y.stride(0) + column));
    }
};

// Where a sublayer's last product goes.
struct destination {
    view<float> y;
    float factor = 1.0f;
    bool accumulate = false;  // y += factor · result, instead of y = factor · result
};

// y = x + b, times a factor.
struct scaled_bias {
    const float* b;
    float factor;
    template <class V>
    V operator()(V x, index_t, index_t column) const {
        return (x + simd::load<V>(b + column)) * V(factor);
    }
};

inline void multiply_into(const destination& to, view<const float> x, const affine& map, workspace& memory,
                          exec::executor_ref run) {
    if (to.accumulate) {
        const add_to after{to.y, map.b.data(), to.factor};
        multiply(x, {product{&map.weight, to.y, after}}, memory, run);
    } else {
        const scaled_bias after{map.b.data(), to.factor};
        multiply(x, {product{&map.weight, to.y, after}}, memory, run);
    }
}

}
