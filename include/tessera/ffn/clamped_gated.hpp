// down(g · sigmoid(α g) · (u + 1)), where g = gate(x) is at most a limit and u = up(x) within ± that limit: the
// feed-forward of gpt-oss.
#pragma once

#include "tessera/ffn/gated.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

// g · sigmoid(α g) of g = min(x, limit)
struct clamped_swish : ops::pointwise<clamped_swish> {
    float alpha, limit;
    clamped_swish(float slope, float most) : alpha(slope), limit(most) {}

    template <class V>
    V of(V x) const {
        const V g = simd::min(x, V(limit));
        return simd::divide(g, V(1.0f) + simd::exp(g * V(-alpha)));
    }
};

// 1 + x within ± limit
struct clamped_above_one : ops::pointwise<clamped_above_one> {
    float limit;
    explicit clamped_above_one(float most) : limit(most) {}

    template <class V>
    V of(V x) const {
        return V(1.0f) + simd::max(V(-limit), simd::min(x, V(limit)));
    }
};

struct clamped_gated {
    gemm::affine gate, up;  // [width, hidden]
    gemm::affine down;      // [hidden, width]
    float alpha = 1.702f, limit = 7.0f;

    index_t bytes() const { return gate.bytes() + up.bytes() + down.bytes(); }

    index_t parameters() const { return gate.parameters() + up.parameters() + down.parameters(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> h = memory.take<float>(x.extent(0), up.outputs());
        gated_product(gate, up, gate.bias() | clamped_swish(alpha, limit), up.bias() | clamped_above_one(limit), x, h,
                      memory, run);
        gemm::multiply_into(to, h, down, memory, run);
    }
};

}
