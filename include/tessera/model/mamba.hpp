// Mamba's block (Gu and Dao 2023, figure 3): a gated branch of a short convolution and a selective scan.
#pragma once

#include "tessera/conv/causal.hpp"
#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/recurrence/selective_scan.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct mamba {
    static constexpr std::string_view kind = "state space";

    gemm::affine in, gate;        // [channels, hidden]
    conv::causal conv;            // of in's output
    gemm::affine step_low, b, c;  // [rank or states, channels], of the convolution's output
    norm::any step_norm = norm::identity{}, b_norm = norm::identity{}, c_norm = norm::identity{};
    gemm::affine step;      // [channels, rank], before softplus
    tensor<float> a;        // [states, channels], negative
    tensor<float, 1> skip;  // [channels]
    gemm::affine out;       // [hidden, channels]
    ops::any_activation gate_activation = ops::silu{};

    index_t bytes() const {
        index_t n = conv.bytes() + a.bytes() + skip.bytes();
        for (const gemm::affine* map : {&in, &gate, &step_low, &b, &c, &step, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state() + a.size(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), channels = in.outputs();
        const view<float> u = memory.take<float>(rows, channels), z = memory.take<float>(rows, channels);
        ops::visit(gate_activation, [&](auto act) {
            const gemm::bias after_in = in.bias();
            const auto after_gate = gate.bias() | act;
            gemm::multiply(x, {{&in.weight, u, after_in}, {&gate.weight, z, after_gate}}, memory, pass.s.run);
        });
        const std::span<const cache::state_step> states = states_of(pass);
        for_sequences(pass, states, {channels, simd::lanes, 4},
                      [&](range mine, const cache::state_step& state, range columns) {
                          conv(u.slice(mine), state.before.data(), state.after.data(), columns);
                      });
        scan(u, states, pass);
        if (!memory.is_measuring()) ops::multiply(u, z, u, pass.s.run);
        gemm::multiply_into(to, u, out, memory, pass.s.run);
    }

private:
    // u becomes the scan's output.
    void scan(view<float> u, std::span<const cache::state_step> states, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const index_t rows = u.extent(0);
        const view<float> low = memory.take<float>(rows, step_low.outputs());
        const view<float> at_b = memory.take<float>(rows, b.outputs()), at_c = memory.take<float>(rows, c.outputs());
        const view<float> delta = memory.take<float>(rows, step.outputs());
        const gemm::bias after_low = step_low.bias(), after_b = b.bias(), after_c = c.bias();
        gemm::multiply(u, {{&step_low.weight, low, after_low}, {&b.weight, at_b, after_b}, {&c.weight, at_c, after_c}},
                       memory, pass.s.run);
        if (!memory.is_measuring()) {
            norm::apply(step_norm, low, low, pass.s.run);
            norm::apply(b_norm, at_b, at_b, pass.s.run);
            norm::apply(c_norm, at_c, at_c, pass.s.run);
        }
        const auto after_step = step.bias() | ops::softplus{};
        gemm::multiply(low, {{&step.weight, delta, after_step}}, memory, pass.s.run);
        for_sequences(pass, states, {u.extent(1), simd::lanes, 16 * b.outputs()},
                      [&](range mine, const cache::state_step& state, range columns) {
                          recurrence::selective_scan({delta.slice(mine), at_b.slice(mine), at_c.slice(mine)}, a,
                                                     skip.data(), u.slice(mine), state.before.data() + conv.state(),
                                                     state.after.data() + conv.state(), columns);
                      });
    }
};

}
