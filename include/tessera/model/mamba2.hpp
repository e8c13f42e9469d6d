// Mamba-2's block (Dao and Gu 2024, figure 6): a short convolution, heads with a matrix as their state, and a norm with
// a gate.
#pragma once

#include <limits>

#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/recurrence/linear_state.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Δ: the softplus of what is projected, within limits.
struct step_size {
    float least = 0.0f, most = std::numeric_limits<float>::infinity();

    template <class V>
    V operator()(V x, index_t, index_t) const {
        return simd::max(V(least), simd::min(V(most), ops::softplus::of(x)));
    }
};

struct mamba2 {
    static constexpr std::string_view kind = "state space";

    index_t head_dim = 0, groups = 0, states = 0;  // heads of a group share B and C, of so many states
    gemm::affine gate;                             // [heads · head_dim, hidden]
    gemm::affine in;                               // [heads · head_dim + 2 · groups · states, hidden]: x, B, C
    gemm::affine step;                             // [heads, hidden]
    float gate_factor = 1.0f, step_factor = 1.0f;  // of those products, before the biases
    step_size limits{};
    conv::causal conv;                  // of in's output
    tensor<float, 1> a;                 // [heads], negative
    tensor<float, 1> skip;              // [heads]
    norm::any norm = norm::identity{};  // of the heads' output
    bool gate_first = true;             // before that norm, not after it
    gemm::affine out;                   // [hidden, heads · head_dim]
    ops::any_activation gate_activation = ops::silu{};

    index_t heads() const { return step.outputs(); }
    index_t bytes() const {
        index_t n = conv.bytes() + a.bytes() + skip.bytes();
        for (const gemm::affine* map : {&gate, &in, &step, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state() + heads() * head_state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0);
        const view<float> z = memory.take<float>(rows, gate.outputs()), u = memory.take<float>(rows, in.outputs());
        const view<float> delta = memory.take<float>(rows, heads()), y = memory.take<float>(rows, gate.outputs());
        project(x, z, u, delta, pass);
        const std::span<const cache::state_step> states_now = states_of(pass);
        convolve(conv, u, states_now, pass);
        const view<float> decay = memory.take<float>(rows, heads());
        for_sequences(pass, states_now, {heads(), 1, 4 * head_state()},
                      [&](range mine, const cache::state_step& state, range some) {
                          for (index_t h = some.begin; h < some.end; ++h)
                              run_head(h, u.slice(mine), delta.slice(mine), decay.slice(mine), y.slice(mine), state);
                      });
        if (!memory.is_measuring()) finish(y, z, pass);
        gemm::multiply_into(to, y, out, memory, pass.s.run);
    }

private:
    index_t head_state() const { return states * head_dim; }

    void project(view<const float> x, view<float> z, view<float> u, view<float> delta, const layer_pass& pass) const {
        ops::visit(gate_activation, [&](auto act) {
            const auto after_gate = gemm::scale{gate_factor} | gate.bias() | act;
            const gemm::bias after_in = in.bias();
            const auto after_step = gemm::scale{step_factor} | step.bias() | limits;
            gemm::multiply(
                x, {{&gate.weight, z, after_gate}, {&in.weight, u, after_in}, {&step.weight, delta, after_step}},
                pass.s.memory, pass.s.run);
        });
    }

    // The rows of one sequence through one head.
    void run_head(index_t h, view<const float> u, view<const float> delta, view<float> decay, view<float> y,
                  const cache::state_step& state) const {
        const index_t inner = heads() * head_dim, group = h / (heads() / groups);
        const auto part = [u](index_t begin, index_t n) { return u.columns({begin, begin + n}); };
        const view<const float> x = part(h * head_dim, head_dim), b = part(inner + group * states, states),
                                c = part(inner + (groups + group) * states, states);
        for (index_t t = 0; t < u.extent(0); ++t) decay(t, h) = simd::exp(delta(t, h) * a(h));
        const auto stays = recurrence::shared_decay(of_head<const float>(decay, h), states);
        const view<float> mine = y.columns({h * head_dim, (h + 1) * head_dim});
        const index_t at = conv.state() + h * head_state();
        recurrence::linear_state({c, b, x, of_head<const float>(delta, h), stays}, mine, state.before.data() + at,
                                 state.after.data() + at);
        const auto skipped = [d = simd::floats(skip(h))](auto from, auto sum) { return simd::fmadd(d, from, sum); };
        for (index_t t = 0; t < u.extent(0); ++t) simd::map(&x(t, 0), &mine(t, 0), &mine(t, 0), head_dim, skipped);
    }

    void finish(view<float> y, view<const float> z, const layer_pass& pass) const {
        if (gate_first) ops::multiply(y, z, y, pass.s.run);
        norm::apply(norm, y, y, pass.s.run);
        if (!gate_first) ops::multiply(y, z, y, pass.s.run);
    }
};

}
