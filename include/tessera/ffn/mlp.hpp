// down(activation(up(x))): the feed-forward of the first transformers.
#pragma once

#include "tessera/gemm/affine.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct mlp {
    gemm::affine up;    // [width, hidden]
    gemm::affine down;  // [hidden, width]
    ops::any_activation activation;

    index_t bytes() const { return up.bytes() + down.bytes(); }
    index_t parameters() const { return up.parameters() + down.parameters(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> h = memory.take<float>(x.extent(0), up.outputs());
        ops::visit(activation, [&](auto act) {
            const auto after = up.bias() | act;
            gemm::multiply(x, {{&up.weight, h, after}}, memory, run);
        });
        gemm::multiply_into(to, h, down, memory, run);
    }
};

}
