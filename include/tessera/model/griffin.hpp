// The recurrent block of Griffin (De et al. 2024, figure 2): a short convolution and a real-gated linear recurrent
// unit, with a gate beside them.
#pragma once

#include <vector>

#include "tessera/model/recurrent.hpp"
#include "tessera/recurrence/rg_lru.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct griffin {
    static constexpr std::string_view kind = "recurrence";

    gemm::affine in, gate;  // [channels, hidden]
    ops::any_activation gate_activation;
    conv::causal conv;                     // of in's output
    std::vector<gemm::affine> stay, take;  // for each block of channels its own square map, before the sigmoid
    tensor<float, 1> rate;                 // [channels], negative
    gemm::affine out;                      // [hidden, channels]

    index_t bytes() const {
        index_t n = conv.bytes() + rate.bytes() + in.bytes() + gate.bytes() + out.bytes();
        for (const gemm::affine& map : stay) n += map.bytes();
        for (const gemm::affine& map : take) n += map.bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state() + rate.size(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        run_gated_branch(*this, x, to, pass,
                         [&](view<float> u, std::span<const cache::state_step> states) { recur(u, states, pass); });
    }

private:
    // u becomes the unit's output.
    void recur(view<float> u, std::span<const cache::state_step> states, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const index_t rows = u.extent(0), channels = u.extent(1);
        const view<float> stays = memory.take<float>(rows, channels), takes = memory.take<float>(rows, channels);
        const index_t width = channels / index_t(stay.size());
        for (std::size_t b = 0; b < stay.size(); ++b) {
            const range block{index_t(b) * width, (index_t(b) + 1) * width};
            const auto after_stay = stay[b].bias() | ops::sigmoid{}, after_take = take[b].bias() | ops::sigmoid{};
            gemm::multiply(u.columns(block),
                           {{&stay[b].weight, stays.columns(block), after_stay},
                            {&take[b].weight, takes.columns(block), after_take}},
                           memory, pass.s.run);
        }
        for_sequences(
            pass, states, {channels, simd::lanes, 24}, [&](range mine, const cache::state_step& state, range columns) {
                const auto positions =
                    pass.s.batch.positions.subspan(std::size_t(mine.begin), std::size_t(mine.size()));
                recurrence::rg_lru({stays.slice(mine), takes.slice(mine), positions}, rate.data(), u.slice(mine),
                                   state.before.data() + conv.state(), state.after.data() + conv.state(), columns);
            });
    }
};

}
