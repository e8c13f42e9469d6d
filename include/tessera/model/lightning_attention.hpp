// Lightning attention (Qin et al. 2024; MiniMax-01, section 2.2.1): linear attention in which each head forgets at a
// rate of its own, then a norm and a gate.
#pragma once

#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/recurrence/linear_state.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct lightning_attention {
    static constexpr std::string_view kind = "linear attention";

    index_t head_dim = 0;
    gemm::affine q, k, v;                          // [heads · head_dim, hidden]
    ops::any_activation activation = ops::silu{};  // of all three
    tensor<float, 1> decay;                        // [heads]: how much of the state stays
    norm::any norm = norm::identity{};             // of all heads' output as one row
    gemm::affine gate;                             // [heads · head_dim, hidden], before a sigmoid
    gemm::affine out;                              // [hidden, heads · head_dim]

    index_t bytes() const {
        index_t n = decay.bytes();
        for (const gemm::affine* map : {&q, &k, &v, &gate, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = heads() * head_state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), inner = q.outputs();
        const view<float> queries = memory.take<float>(rows, inner), keys = memory.take<float>(rows, inner);
        const view<float> values = memory.take<float>(rows, inner), z = memory.take<float>(rows, inner);
        ops::visit(activation, [&](auto act) {
            const auto of_q = q.bias() | act, of_k = k.bias() | act, of_v = v.bias() | act;
            const auto of_gate = gate.bias() | ops::sigmoid{};
            gemm::multiply(x,
                           {{&q.weight, queries, of_q},
                            {&k.weight, keys, of_k},
                            {&v.weight, values, of_v},
                            {&gate.weight, z, of_gate}},
                           memory, pass.s.run);
        });
        for_sequences(pass, states_of(pass), {heads(), 1, 4 * head_state()},
                      [&](range mine, const cache::state_step& state, range some) {
                          for (index_t h = some.begin; h < some.end; ++h)
                              run_head(h, queries.slice(mine), keys.slice(mine), values.slice(mine), state);
                      });
        if (!memory.is_measuring()) {
            norm::apply(norm, values, values, pass.s.run);
            ops::multiply(values, z, values, pass.s.run);
        }
        gemm::multiply_into(to, values, out, memory, pass.s.run);
    }

private:
    index_t heads() const { return decay.size(); }
    index_t head_state() const { return head_dim * head_dim; }

    // The rows of one sequence through one head; v becomes what it gives.
    void run_head(index_t h, view<const float> q_rows, view<const float> k_rows, view<float> v_rows,
                  const cache::state_step& state) const {
        static constexpr float all = 1.0f;
        const range columns{h * head_dim, (h + 1) * head_dim};
        const index_t rows = v_rows.extent(0), at = h * head_state();
        const view<float> values = v_rows.columns(columns);
        recurrence::linear_state({q_rows.columns(columns),
                                  k_rows.columns(columns),
                                  values,
                                  {&all, {rows}, {0}},
                                  {&decay(h), {rows, head_dim}, {0, 0}}},
                                 values, state.before.data() + at, state.after.data() + at);
    }
};

}
