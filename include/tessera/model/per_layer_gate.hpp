// out(activation(gate(x)) · rows of this layer): a sublayer that lets what a stack has beside its residual stream for
// each layer into it, as in Gemma 3n.
#pragma once

#include "tessera/model/mixer.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct per_layer_gate {
    static constexpr std::string_view kind = "per-layer input";

    gemm::affine gate;  // [width, hidden]
    gemm::affine out;   // [hidden, width]
    ops::any_activation activation;

    index_t bytes() const { return gate.bytes() + out.bytes(); }

    // x: [rows, hidden]; the pass has rows [rows, width] beside it.
    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const view<float> h = s.memory.take<float>(x.extent(0), gate.outputs());
        ops::visit(activation, [&](auto act) {
            const auto after = gate.bias() | act | gemm::times{pass.beside};
            gemm::multiply(x, {{&gate.weight, h, after}}, s.memory, s.run);
        });
        gemm::multiply_into(to, h, out, s.memory, s.run);
    }
};

}
