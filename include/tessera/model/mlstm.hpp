// The layer of xLSTM-7B (Beck et al. 2025, section 2): mLSTM cells beside one another, a norm of each, and a gate.
#pragma once

#include "tessera/model/recurrent.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/recurrence/mlstm.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct mlstm {
    static constexpr std::string_view kind = "mlstm";

    gemm::affine q{}, k{};              // [heads · key_dim, hidden]
    float query_scale = 1;              // of q
    gemm::affine v{}, gate{};           // [heads · value_dim, hidden]; the gate before its sigmoid
    gemm::affine take{};                // [heads, hidden], before exp
    gemm::affine stay{};                // [heads, hidden], before a sigmoid
    float gate_softcap = 0;             // of take and stay; 0: none
    float epsilon = 1e-6f;              // of the cell's division
    norm::any norm = norm::identity{};  // of the heads' output
    gemm::affine out{};                 // [hidden, heads · value_dim]

    index_t bytes() const {
        index_t n = 0;
        for (const gemm::affine* map : {&q, &k, &v, &gate, &take, &stay, &out}) n += map->bytes();
        return n;
    }
    void remember(cache::layer& kept) const { kept.state = heads() * head_state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0);
        const auto columns = [&](index_t n) { return memory.take<float>(rows, n); };
        const view<float> y = columns(v.outputs()), z = columns(v.outputs());
        const cells all{columns(q.outputs()), columns(q.outputs()), y, columns(heads()), columns(heads()),
                        columns(heads()),     columns(heads())};
        project(x, all, z, pass);
        for_sequences(pass, states_of(pass), {heads(), 1, 4 * head_state()},
                      [&](range mine, const cache::state_step& state, range some) {
                          for (index_t h = some.begin; h < some.end; ++h) run_head(h, all, mine, state);
                      });
        if (!memory.is_measuring()) {
            norm::apply(norm, y, y, pass.s.run);
            ops::multiply(y, z, y, pass.s.run);
        }
        gemm::multiply_into(to, y, out, memory, pass.s.run);
    }

private:
    // What the heads read and write: [rows, heads · width each].
    struct cells {
        view<float> q, k, v, take, stay, least, sum;
    };

    index_t heads() const { return take.outputs(); }
    index_t key_dim() const { return q.outputs() / heads(); }
    index_t value_dim() const { return v.outputs() / heads(); }
    index_t head_state() const { return recurrence::mlstm_state(key_dim(), value_dim()); }

    void project(view<const float> x, const cells& c, view<float> z, const layer_pass& pass) const {
        const auto of_q = q.bias() | gemm::scale{query_scale};
        const gemm::bias of_k = k.bias(), of_v = v.bias(), of_take = take.bias(), of_stay = stay.bias();
        const auto of_gate = gate.bias() | ops::sigmoid{};
        gemm::multiply(x,
                       {{&q.weight, c.q, of_q},
                        {&k.weight, c.k, of_k},
                        {&v.weight, c.v, of_v},
                        {&gate.weight, z, of_gate},
                        {&take.weight, c.take, of_take},
                        {&stay.weight, c.stay, of_stay}},
                       pass.s.memory, pass.s.run);
        if (gate_softcap == 0.0f || pass.s.memory.is_measuring()) return;
        ops::softcap(c.take, gate_softcap, pass.s.run);
        ops::softcap(c.stay, gate_softcap, pass.s.run);
    }

    // The rows of one sequence through one head; v becomes what it gives.
    void run_head(index_t h, const cells& all, range rows, const cache::state_step& state) const {
        const range keys{h * key_dim(), (h + 1) * key_dim()}, values{h * value_dim(), (h + 1) * value_dim()};
        const auto mine = [&](view<float> x) { return of_head<float>(x.slice(rows), h); };
        const view<float> v_rows = all.v.slice(rows).columns(values);
        const index_t at = h * head_state();
        recurrence::mlstm({all.q.slice(rows).columns(keys), all.k.slice(rows).columns(keys), v_rows, mine(all.take),
                           mine(all.stay), mine(all.least), mine(all.sum)},
                          v_rows, epsilon, state.before.data() + at, state.after.data() + at);
    }
};

}
