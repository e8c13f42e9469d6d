// down(activation(gate(x)) · up(x)): the gated feed-forward of Shazeer 2020 (SwiGLU, GeGLU).
#pragma once

#include "tessera/gemm/affine.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

// h = after_gate(x · gateᵀ) · after_up(x · upᵀ); x: [rows, hidden], h: [rows, width]. One region computes both: each
// worker has the same columns of them.
template <gemm::epilogue AfterGate, gemm::epilogue AfterUp>
void gated_product(const gemm::affine& gate, const gemm::affine& up, AfterGate after_gate, AfterUp after_up,
                   view<const float> x, view<float> h, workspace& memory, exec::executor_ref run) {
    const workspace::frame scratch(memory);
    const view<float> g = memory.take<float>(x.extent(0), gate.outputs());
    const auto weighed = after_up | gemm::times{g};
    gemm::multiply(x, {{&gate.weight, g, after_gate}, {&up.weight, h, weighed}}, memory, run);
}

struct gated {
    gemm::affine gate, up;  // [width, hidden]
    gemm::affine down;      // [hidden, width]
    ops::any_activation activation;
    float gate_factor = 1.0f;  // of gate's product, before the bias

    index_t bytes() const { return gate.bytes() + up.bytes() + down.bytes(); }
    index_t parameters() const { return gate.parameters() + up.parameters() + down.parameters(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> h = product(x, memory, run);
        gemm::multiply_into(to, h, down, memory, run);
    }

    // What `down` reads: [rows, width], in memory of the caller's frame.
    view<float> product(view<const float> x, workspace& memory, exec::executor_ref run) const {
        const view<float> h = memory.take<float>(x.extent(0), up.outputs());
        ops::visit(activation, [&](auto act) {
            gated_product(gate, up, gemm::scale{gate_factor} | gate.bias() | act, up.bias(), x, h, memory, run);
        });
        return h;
    }
};

}
