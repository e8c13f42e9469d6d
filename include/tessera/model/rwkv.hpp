// The sublayers of RWKV-4 (Peng et al. 2023, section 3): both read each row mixed with the one before.
#pragma once

#include "tessera/gemm/put_into.hpp"
#include "tessera/model/recurrent.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/recurrence/wkv.hpp"

namespace tessera::inline TESSERA_ABI::model {

// y = mix(x), where the row before the first is remembered at `offset` of the layer's state. Mixes of the same x may
// share that place.
inline void shift_tokens(const conv::causal& mix, view<const float> x, view<float> y, index_t offset,
                         std::span<const cache::state_step> states, const layer_pass& pass) {
    if (!pass.s.memory.is_measuring()) ops::copy(x, y);
    convolve(mix, y, states, pass, offset);
}

struct time_mix {
    static constexpr std::string_view kind = "time mix";

    conv::causal mix_k, mix_v, mix_gate;  // of two taps: the row before, and the row
    gemm::affine k, v, gate;              // [channels, hidden]
    tensor<float, 1> decay, bonus;        // [channels], see recurrence::wkv
    gemm::affine out;                     // [hidden, channels]

    index_t bytes() const {
        index_t n = mix_k.bytes() + mix_v.bytes() + mix_gate.bytes() + decay.bytes() + bonus.bytes();
        for (const gemm::affine* map : {&k, &v, &gate, &out}) n += map->bytes();
        return n;
    }
    index_t state() const { return mix_k.state() + 3 * k.outputs(); }
    void remember(cache::layer& kept) const { kept.state += state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), channels = k.outputs();
        const std::span<const cache::state_step> states = states_of(pass);
        const view<float> keys = memory.take<float>(rows, channels), values = memory.take<float>(rows, channels);
        const view<float> weights = memory.take<float>(rows, channels), mixed = memory.take<float>(rows, x.extent(1));
        const auto project = [&](const conv::causal& mix, const gemm::affine& map, view<float> y, const auto& act) {
            shift_tokens(mix, x, mixed, 0, states, pass);
            const auto after = map.bias() | act;
            gemm::multiply(mixed, {{&map.weight, y, after}}, memory, pass.s.run);
        };
        project(mix_k, k, keys, gemm::identity{});
        project(mix_v, v, values, gemm::identity{});
        project(mix_gate, gate, weights, ops::sigmoid{});
        for_sequences(
            pass, states, {channels, simd::lanes, 64}, [&](range mine, const cache::state_step& state, range columns) {
                recurrence::wkv(keys.slice(mine), values.slice(mine), {decay.data(), bonus.data()}, values.slice(mine),
                                state.before.data() + mix_k.state(), state.after.data() + mix_k.state(), columns);
            });
        if (!memory.is_measuring()) ops::multiply(values, weights, values, pass.s.run);
        gemm::multiply_into(to, values, out, memory, pass.s.run);
    }
};

struct channel_mix {
    static constexpr std::string_view kind = "feed_forward";

    index_t offset = 0;  // of its row in the layer's state, after what the time mix keeps
    conv::causal mix_k, mix_gate;
    gemm::affine k;     // [inner, hidden]
    gemm::affine v;     // [hidden, inner]
    gemm::affine gate;  // [hidden, hidden]

    index_t bytes() const { return mix_k.bytes() + mix_gate.bytes() + k.bytes() + v.bytes() + gate.bytes(); }
    void remember(cache::layer& kept) const { kept.state += mix_k.state(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), hidden = x.extent(1);
        const std::span<const cache::state_step> states = states_of(pass);
        const view<float> inner = memory.take<float>(rows, k.outputs()), weights = memory.take<float>(rows, hidden);
        const view<float> mixed = memory.take<float>(rows, hidden);
        const auto after_k = k.bias() | ops::relu_squared{};
        const auto after_gate = gate.bias() | ops::sigmoid{};
        const auto after_v = v.bias() | gemm::times{weights};
        shift_tokens(mix_gate, x, mixed, offset, states, pass);
        gemm::multiply(mixed, {{&gate.weight, weights, after_gate}}, memory, pass.s.run);
        shift_tokens(mix_k, x, mixed, offset, states, pass);
        gemm::multiply(mixed, {{&k.weight, inner, after_k}}, memory, pass.s.run);
        gemm::multiply(inner, {{&v.weight, mixed, after_v}}, memory, pass.s.run);
        if (memory.is_measuring()) return;
        gemm::put_into(to, mixed, pass.s.run);
    }
};

}
