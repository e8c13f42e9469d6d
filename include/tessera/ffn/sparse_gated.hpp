// down(activation(top(gate(x))) · up(x)) where only about the largest part of a row of the gate is kept (You et al.
// 2025).
#pragma once

#include "tessera/ffn/gated.hpp"
#include "tessera/ffn/gaussian_top_k.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct sparse_gated {
    gated dense;
    float deviations;  // above the mean, where the kept part begins

    index_t bytes() const { return dense.bytes(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), width = dense.gate.outputs();
        const view<float> g = memory.take<float>(rows, width), h = memory.take<float>(rows, width);
        const gemm::bias after_gate = dense.gate.bias(), after_up = dense.up.bias();
        gemm::multiply(x, {{&dense.gate.weight, g, after_gate}, {&dense.up.weight, h, after_up}}, memory, run);
        if (!memory.is_measuring()) {
            exec::for_rows(run, rows, 6 * width, [&](index_t r) { keep_above(ops::row_of(g, r), width, deviations); });
            ops::visit(dense.activation, [&](auto act) {
                ops::map([act](simd::floats a, simd::floats b) { return act(a) * b; }, g, h, h, run);
            });
        }
        gemm::multiply_into(to, h, dense.down, memory, run);
    }
};

}
