// A gated feed-forward that layers share, with additions to its gate and its up of each layer's own (Zamba2).
#pragma once

#include <memory>
#include <vector>

#include "tessera/ffn/gated.hpp"
#include "tessera/gemm/low_rank.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct adapted_gated {
    std::shared_ptr<const gated> base;
    std::vector<gemm::low_rank> added{};  // to gate and up; or none

    // Of the additions alone.
    index_t bytes() const {
        index_t n = 0;
        for (const gemm::low_rank& one : added) n += one.bytes();
        return n;
    }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> g = memory.take<float>(x.extent(0), base->gate.outputs());
        const view<float> h = memory.take<float>(x.extent(0), base->up.outputs());
        const gemm::bias after_gate = base->gate.bias(), after_up = base->up.bias();
        gemm::multiply(x, {{&base->gate.weight, g, after_gate}, {&base->up.weight, h, after_up}}, memory, run);
        const view<float> projected[] = {g, h};
        for (std::size_t i = 0; i < added.size(); ++i) added[i].add(x, projected[i], memory, run);
        if (!memory.is_measuring())
            ops::visit(base->activation, [&](auto act) {
                ops::map([act](simd::floats a, simd::floats b) { return act(a) * b; }, g, h, h, run);
            });
        gemm::multiply_into(to, h, base->down, memory, run);
    }
};

}
