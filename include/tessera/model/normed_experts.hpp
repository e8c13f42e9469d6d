// A mixture of experts whose router and whose experts read norms of their own of the same rows (Gemma 4).
#pragma once

#include "tessera/ffn/moe.hpp"
#include "tessera/norm/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct normed_experts {
    static constexpr std::string_view kind = ffn::moe::kind;

    norm::any of_router, of_experts;  // over hidden
    ffn::moe inner;

    index_t bytes() const { return inner.bytes(); }
    index_t idle_parameters() const { return inner.idle_parameters(); }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> routed = memory.take<float>(x.extent(0), x.extent(1));
        const view<float> read = memory.take<float>(x.extent(0), x.extent(1));
        if (!memory.is_measuring()) {
            norm::apply(of_router, x, routed, run);
            norm::apply(of_experts, x, read, run);
        }
        inner(routed, read, to, memory, run);
    }
};

}
