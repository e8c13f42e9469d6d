// down(norm(activation(gate(x)) · up(x))): a gated feed-forward with a norm before its last product, as in BitNet.
#pragma once

#include "tessera/ffn/gated.hpp"
#include "tessera/norm/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct normed_gated {
    ffn::gated inner;
    norm::any norm;  // over the width of `inner`

    index_t bytes() const { return inner.bytes(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> h = inner.product(x, memory, run);
        if (!memory.is_measuring()) norm::apply(norm, h, h, run);
        gemm::multiply_into(to, h, inner.down, memory, run);
    }
};

}
