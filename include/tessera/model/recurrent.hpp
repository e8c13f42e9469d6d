// What recurrent mixers have in common: the states of a batch, and regions over channels or heads of all sequences.
#pragma once

#include <memory>
#include <span>

#include "tessera/conv/causal.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The states of this layer for each sequence, in memory of the caller's frame; empty while measuring.
inline std::span<const cache::state_step> states_of(const layer_pass& pass) {
    const batch& b = pass.s.batch;
    const index_t n = b.sequences.sequences();
    auto* const states = pass.s.memory.take<cache::state_step>(n);
    if (pass.s.memory.is_measuring()) return {};
    for (index_t i = 0; i < n; ++i)
        std::construct_at(states + i, b.caches[std::size_t(i)].state(pass.layer, b.sequences[i].size()));
    return {states, std::size_t(n)};
}

// Column h: what a row has for one head.
template <class T>
view<T, 1> of_head(view<T> x, index_t h) {
    return {x.data() + h, {x.extent(0)}, {x.stride(0)}};
}

// How the work on a sequence is shared out: into parts (channels, heads), of which a worker gets whole multiples of
// `unit`; each costs so many element-wise operations a row.
struct shares {
    index_t parts, unit, elements;
};

// f(rows, state, part) for each sequence: its rows in the batch, its state and some of the parts, in one region.
template <class F>
void for_sequences(const layer_pass& pass, std::span<const cache::state_step> states, const shares& s, F f) {
    const index_t grain = exec::row_grain(pass.s.batch.rows() * s.unit * s.elements);
    pass.s.run.run(ceil_div(s.parts, s.unit), grain, [&](range units, index_t) {
        const range part{units.begin * s.unit, std::min(units.end * s.unit, s.parts)};
        for (std::size_t i = 0; i < states.size(); ++i) f(pass.s.batch.sequences[index_t(i)], states[i], part);
    });
}

// u: [rows, channels], convolved in place; the rows that the convolution remembers lie at `offset` of the state.
inline void convolve(const conv::causal& conv, view<float> u, std::span<const cache::state_step> states,
                     const layer_pass& pass, index_t offset = 0) {
    for_sequences(pass, states, {conv.channels(), simd::lanes, 4},
                  [&](range mine, const cache::state_step& state, range columns) {
                      conv(u.slice(mine), state.before.data() + offset, state.after.data() + offset, columns);
                  });
}

// out(activation(gate(x)) · recur(conv(in(x)))), what Mamba and Griffin have in common: M has in, gate, conv, out and
// gate_activation; recur(u, states) changes u [rows, channels] in place, and its state lies after the convolution's.
template <class M, class F>
void run_gated_branch(const M& m, view<const float> x, const gemm::destination& to, const layer_pass& pass, F recur) {
    workspace& memory = pass.s.memory;
    const workspace::frame scratch(memory);
    const index_t rows = x.extent(0), channels = m.in.outputs();
    const view<float> u = memory.take<float>(rows, channels), z = memory.take<float>(rows, channels);
    ops::visit(m.gate_activation, [&](auto act) {
        const gemm::bias after_in = m.in.bias();
        const auto after_gate = m.gate.bias() | act;
        gemm::multiply(x, {{&m.in.weight, u, after_in}, {&m.gate.weight, z, after_gate}}, memory, pass.s.run);
    });
    const std::span<const cache::state_step> states = states_of(pass);
    convolve(m.conv, u, states, pass);
    recur(u, states);
    if (!memory.is_measuring()) ops::multiply(u, z, u, pass.s.run);
    gemm::multiply_into(to, u, m.out, memory, pass.s.run);
}

}
