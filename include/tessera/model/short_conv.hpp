// A short convolution between two gates that depend on the row, as LFM2 has it in place of most layers' attention.
#pragma once

#include "tessera/model/recurrent.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

// out(after ∘ conv(before ∘ in)), each a linear map of the row.
struct short_conv {
    static constexpr std::string_view kind = "convolution";

    gemm::affine before, after, in;  // [channels, hidden]
    conv::causal conv;
    gemm::affine out;  // [hidden, channels]

    index_t bytes() const {
        index_t n = conv.bytes();
        for (const gemm::affine* map : {&before, &after, &in, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), channels = in.outputs();
        const view<float> b = memory.take<float>(rows, channels), c = memory.take<float>(rows, channels);
        const view<float> u = memory.take<float>(rows, channels);
        const gemm::bias of_before = before.bias(), of_after = after.bias();
        const auto gated = in.bias() | gemm::times{b};
        gemm::multiply(x, {{&before.weight, b, of_before}, {&after.weight, c, of_after}, {&in.weight, u, gated}},
                       memory, pass.s.run);
        convolve(conv, u, states_of(pass), pass);
        if (!memory.is_measuring()) ops::multiply(u, c, u, pass.s.run);
        gemm::multiply_into(to, u, out, memory, pass.s.run);
    }
};

}
