// Attention to the keys and values of an earlier layer (Brandon et al. 2024): a layer has queries only, and keeps
// nothing of a sequence.
#pragma once

#include "tessera/model/self_attention.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct cross_layer_attention {
    static constexpr std::string_view kind = self_attention::kind;

    index_t keys_of;  // the layer that they are of
    attention::heads heads;
    gemm::affine q, out;
    norm::any q_norm = norm::identity{};  // of each head
    index_t rotary = -1;                  // which of the model's rotary tables; -1 for none

    index_t bytes() const { return q.bytes() + out.bytes(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const view<float> queries = s.memory.take<float>(x.extent(0), q.outputs());
        const view<float> mixed = s.memory.take<float>(x.extent(0), heads.query * heads.value_dim);
        gemm::multiply_into({queries}, x, q, s.memory, s.run);
        if (!s.memory.is_measuring()) {
            norm::apply_per_head(q_norm, queries, queries, s.run);
            if (rotary >= 0) pass.ropes[std::size_t(rotary)].apply(queries, heads.query, s.batch.positions, s.run);
        }
        pass.attend({pass.layer, keys_of}, heads, queries, {}, {}, mixed);
        gemm::multiply_into(to, mixed, out, s.memory, s.run);
    }
};

}
