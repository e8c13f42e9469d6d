// Gated DeltaNet (Yang et al. 2024) and its relative with a decay for each key channel (Kimi Delta Attention, 2025): a
// short convolution, heads whose state follows the delta rule, and a norm with a gate.
#pragma once

#include <optional>

#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/norm/l2.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/recurrence/delta_rule.hpp"

namespace tessera::inline TESSERA_ABI::model {

// A linear map, or two of them with few columns between.
struct low_rank_map {
    std::optional<gemm::affine> low{};  // [rank, inputs]
    gemm::affine high;                  // [outputs, rank or inputs]

    index_t bytes() const { return high.bytes() + (low ? low->bytes() : 0); }

    template <gemm::epilogue E>
    void operator()(view<const float> x, view<float> y, const E& after, const step& s) const {
        const workspace::frame scratch(s.memory);
        if (low) {
            const view<float> between = s.memory.take<float>(x.extent(0), low->outputs());
            gemm::multiply_into({between}, x, *low, s.memory, s.run);
            x = between;
        }
        const auto finished = high.bias() | after;
        gemm::multiply(x, {{&high.weight, y, finished}}, s.memory, s.run);
    }
};

// How much of the state stays: e^(rate · softplus(x)).
struct state_decay {
    const float* rates;  // [columns], negative

    template <class V>
    V operator()(V x, index_t, index_t column) const {
        return simd::exp(simd::load<V>(rates + column) * ops::softplus::of(x));
    }
};

struct delta_net {
    static constexpr std::string_view kind = "linear attention";

    index_t key_heads = 0, heads = 0, key_dim = 0, value_dim = 0;  // value heads share key heads evenly
    gemm::affine q, k, v;    // [key_heads · key_dim or heads · value_dim, hidden]
    conv::causal conv;       // of all three, one beside the other
    low_rank_map decay;      // to heads, or heads · key_dim
    tensor<float, 1> rates;  // as many, negative: see state_decay
    gemm::affine gain;       // [heads, hidden]: how much is corrected
    float most = 1.0f;       // factor of its sigmoid
    low_rank_map gate;       // to heads · value_dim
    ops::any_activation gate_activation = ops::silu{};
    norm::any norm = norm::identity{};  // of each head's output, before the gate
    gemm::affine out;                   // [hidden, heads · value_dim]

    index_t bytes() const {
        index_t n = conv.bytes() + rates.bytes() + decay.bytes() + gate.bytes();
        for (const gemm::affine* map : {&q, &k, &v, &gain, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = conv.state() + heads * head_state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0);
        const view<float> u = memory.take<float>(rows, conv.channels());
        const view<float> stays = memory.take<float>(rows, rates.size()), gains = memory.take<float>(rows, heads);
        const view<float> y = memory.take<float>(rows, heads * value_dim);
        project(x, u, gains, pass.s);
        decay(x, stays, state_decay{rates.data()}, pass.s);
        const std::span<const cache::state_step> states = states_of(pass);
        convolve(conv, u, states, pass);
        if (!memory.is_measuring()) normalise(u, pass.s.run);
        for_sequences(pass, states, {heads, 1, 6 * head_state()},
                      [&](range mine, const cache::state_step& state, range some) {
                          for (index_t h = some.begin; h < some.end; ++h)
                              run_head(h, u.slice(mine), stays.slice(mine), gains.slice(mine), y.slice(mine), state);
                      });
        finish(x, y, pass.s);
        gemm::multiply_into(to, y, out, memory, pass.s.run);
    }

private:
    index_t head_state() const { return key_dim * value_dim; }
    index_t keys() const { return key_heads * key_dim; }

    void project(view<const float> x, view<float> u, view<float> gains, const step& s) const {
        const gemm::bias of_q = q.bias(), of_k = k.bias(), of_v = v.bias();
        const auto of_gain = gain.bias() | ops::sigmoid{} | gemm::scale{most};
        gemm::multiply(x,
                       {{&q.weight, u.columns({0, keys()}), of_q},
                        {&k.weight, u.columns({keys(), 2 * keys()}), of_k},
                        {&v.weight, u.columns({2 * keys(), conv.channels()}), of_v},
                        {&gain.weight, gains, of_gain}},
                       s.memory, s.run);
    }

    // Queries and keys of each head to length one; scores are divided by √key_dim besides.
    void normalise(view<float> u, exec::executor_ref run) const {
        const float scale = 1.0f / std::sqrt(static_cast<float>(key_dim));
        exec::for_rows(run, u.extent(0), 6 * keys(), [&](index_t r) {
            for (index_t h = 0; h < 2 * key_heads; ++h) {
                float* const at = &u(r, h * key_dim);
                norm::l2_row(at, at, key_dim, 1e-6f, h < key_heads ? scale : 1.0f);
            }
        });
    }

    // The rows of one sequence through one head.
    void run_head(index_t h, view<const float> u, view<const float> stays, view<const float> gains, view<float> y,
                  const cache::state_step& state) const {
        const auto part = [](auto x, index_t begin, index_t n) { return x.columns({begin, begin + n}); };
        const index_t key = h / (heads / key_heads) * key_dim;
        const bool shared = rates.size() == heads;
        const index_t at = conv.state() + h * head_state();
        recurrence::delta_rule(
            {part(u, key, key_dim), part(u, keys() + key, key_dim), part(u, 2 * keys() + h * value_dim, value_dim),
             of_head(gains, h),
             shared ? recurrence::shared_decay(of_head(stays, h), key_dim) : part(stays, h * key_dim, key_dim)},
            part(y, h * value_dim, value_dim), state.before.data() + at, state.after.data() + at);
    }

    // The norm of each head, then the gate.
    void finish(view<const float> x, view<float> y, const step& s) const {
        const workspace::frame scratch(s.memory);
        const view<float> z = s.memory.take<float>(y.extent(0), y.extent(1));
        ops::visit(gate_activation, [&](auto act) { gate(x, z, act, s); });
        if (s.memory.is_measuring()) return;
        norm::apply_per_head(norm, y, y, s.run);
        ops::multiply(y, z, y, s.run);
    }
};

}
