// down(activation(gate(x)) · up(x)): the gated feed-forward of Shazeer 2020 (SwiGLU, GeGLU).
#pragma once

#include "tessera/gemm/affine.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct gated {
    gemm::affine gate, up;  // [width, hidden]
    gemm::affine down;      // [hidden, width]
    ops::any_activation activation;
    float gate_factor = 1.0f;  // of gate's product, before the bias

    index_t bytes() const { return gate.bytes() + up.bytes() + down.bytes(); }
    index_t parameters() const { return gate.parameters() + up.parameters() + down.parameters(); }

    // x: [rows, hidden]. One region computes gate and up: each worker has the same columns of both.
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> g = memory.take<float>(x.extent(0), gate.outputs());
        const view<float> h = memory.take<float>(x.extent(0), up.outputs());
        ops::visit(activation, [&](auto act) {
            const auto after_gate = gemm::scale{gate_factor} | gate.bias() | act;
            const auto after_up = up.bias() | gemm::times{g};
            gemm::multiply(x, {{&gate.weight, g, after_gate}, {&up.weight, h, after_up}}, memory, run);
        });
        gemm::multiply_into(to, h, down, memory, run);
    }
};

}
