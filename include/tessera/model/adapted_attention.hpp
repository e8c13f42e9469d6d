// Attention that layers share, with additions to queries, keys and values of each layer's own (Zamba2).
#pragma once

#include <memory>
#include <vector>

#include "tessera/gemm/low_rank.hpp"
#include "tessera/model/self_attention.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct adapted_attention {
    static constexpr std::string_view kind = self_attention::kind;

    std::shared_ptr<const self_attention> base;
    std::vector<gemm::low_rank> added{};  // to queries, keys and values; or none

    // Of the additions alone.
    index_t bytes() const {
        index_t n = 0;
        for (const gemm::low_rank& one : added) n += one.bytes();
        return n;
    }
    void remember(cache::layer& kept) const { base->remember(kept); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const self_attention::projections p = base->project(x, pass.s);
        const view<float> projected[] = {p.q, p.k, p.v};
        for (std::size_t i = 0; i < added.size(); ++i) added[i].add(x, projected[i], memory, pass.s.run);
        gemm::multiply_into(to, base->mix(p, pass), base->out, memory, pass.s.run);
    }
};

}
