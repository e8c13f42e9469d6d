// Mamba's block (Gu and Dao 2023, figure 3): a gated branch of a short convolution and a selective scan.
#pragma once

#include <vector>

#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/recurrence/selective_scan.hpp"

namespace tessera::inline TESSERA_ABI::model {

// What of the recurrence depends on the row.
struct selection {
    gemm::affine step_low, b, c;  // [rank or states, channels], of the convolution's output
    gemm::affine step;            // [channels, rank], before softplus

    index_t bytes() const { return step_low.bytes() + b.bytes() + c.bytes() + step.bytes(); }
};

struct mamba {
    static constexpr std::string_view kind = "state space";

    gemm::affine in, gate;              // [channels, hidden]
    conv::causal conv;                  // of in's output
    std::vector<selection> selections;  // one for all channels, or for each of as many blocks of them (Zamba)
    norm::any step_norm = norm::identity{}, b_norm = norm::identity{}, c_norm = norm::identity{};
    tensor<float> a;        // [states, channels], negative
    tensor<float, 1> skip;  // [channels]
    gemm::affine out;       // [hidden, channels]
    ops::any_activation gate_activation = ops::silu{};

    index_t bytes() const {
        index_t n = conv.bytes() + a.bytes() + skip.bytes();
        for (const gemm::affine* map : {&in, &gate, &out}) n += map->bytes();
        for (const selection& s : selections) n += s.bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state() + a.size(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        run_gated_branch(*this, x, to, pass,
                         [&](view<float> u, std::span<const cache::state_step> states) { scan(u, states, pass); });
    }

private:
    // u becomes the scan's output.
    void scan(view<float> u, std::span<const cache::state_step> states, const layer_pass& pass) const {
        const index_t width = u.extent(1) / index_t(selections.size());
        index_t first = 0;
        for (const selection& s : selections) {
            scan_block(s, u.columns({first, first + width}), first, states, pass);
            first += width;
        }
    }

    // Of the channels from `first` on.
    void scan_block(const selection& s, view<float> u, index_t first, std::span<const cache::state_step> states,
                    const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = u.extent(0), width = u.extent(1), at = conv.state() + first * a.extent(0);
        const view<float> low = memory.take<float>(rows, s.step_low.outputs());
        const view<float> b = memory.take<float>(rows, s.b.outputs()), c = memory.take<float>(rows, s.c.outputs());
        const view<float> delta = memory.take<float>(rows, width);
        const gemm::bias after_low = s.step_low.bias(), after_b = s.b.bias(), after_c = s.c.bias();
        gemm::multiply(u, {{&s.step_low.weight, low, after_low}, {&s.b.weight, b, after_b}, {&s.c.weight, c, after_c}},
                       memory, pass.s.run);
        if (!memory.is_measuring()) {
            norm::apply(step_norm, low, low, pass.s.run);
            norm::apply(b_norm, b, b, pass.s.run);
            norm::apply(c_norm, c, c, pass.s.run);
        }
        const auto after_step = s.step.bias() | ops::softplus{};
        gemm::multiply(low, {{&s.step.weight, delta, after_step}}, memory, pass.s.run);
        for_sequences(pass, states, {width, simd::lanes, 16 * s.b.outputs()},
                      [&](range mine, const cache::state_step& state, range columns) {
                          recurrence::selective_scan({delta.slice(mine), b.slice(mine), c.slice(mine)},
                                                     a.view().columns({first, first + width}), skip.data() + first,
                                                     u.slice(mine), state.before.data() + at, state.after.data() + at,
                                                     columns);
                      });
    }
};

}
