// x + norm(right(left(x))): a learned augmented residual layer of low rank (Menghani et al. 2024).
#pragma once

#include "tessera/gemm/put_into.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct laurel {
    static constexpr std::string_view kind = "laurel";

    gemm::affine left, right;  // [rank, hidden], [hidden, rank]
    norm::any norm;            // over hidden

    index_t bytes() const { return left.bytes() + right.bytes(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> low = memory.take<float>(x.extent(0), left.outputs());
        const view<float> y = memory.take<float>(x.extent(0), x.extent(1));
        gemm::multiply_into({low}, x, left, memory, run);
        gemm::multiply_into({y}, low, right, memory, run);
        if (memory.is_measuring()) return;
        norm::apply(norm, y, y, run);
        ops::add(y, x, y, run);
        gemm::put_into(to, y, run);
    }
};

}
