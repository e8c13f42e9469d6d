// Queries, keys and values of one layer: projected, normalised, rotated, attended, projected back.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "tessera/attention/heads.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/position/query_growth.hpp"
#include "tessera/position/rope.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct self_attention {
    static constexpr std::string_view kind = "attention";

    attention::heads heads;
    gemm::affine q, k, v, out;
    norm::any q_norm = norm::identity{};  // over head_dim: each head; over the full width: the row
    norm::any k_norm = norm::identity{};
    index_t rotary = -1;        // which of the model's rotary tables; -1 for none
    bool rotate_first = false;  // before the norms of queries and keys, not after
    position::query_growth growth{};
    float clip = std::numeric_limits<float>::infinity();  // limit on elements of q, k and v, if finite
    std::optional<gemm::affine> gate{};                   // its sigmoid weighs what was attended to

    index_t bytes() const { return q.bytes() + k.bytes() + v.bytes() + out.bytes() + (gate ? gate->bytes() : 0); }

    void remember(cache::layer& kept) const {
        kept.heads = heads.key;
        kept.key_dim = heads.key_dim;
        kept.value_dim = heads.value_dim;
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0);
        const view<float> queries = s.memory.take<float>(rows, q.outputs());
        const view<float> keys = s.memory.take<float>(rows, k.outputs());
        const view<float> values = s.memory.take<float>(rows, v.outputs());
        project(x, queries, keys, values, s);
        const view<float> mixed = mix(queries, keys, values, pass);
        if (gate) weigh(mixed, x, s);
        gemm::multiply_into(to, mixed, out, s.memory, s.run);
    }

    // The first half: queries, keys and values as the weights give them.
    void project(view<const float> x, view<float> queries, view<float> keys, view<float> values, const step& s) const {
        const gemm::bias q_bias = q.bias(), k_bias = k.bias(), v_bias = v.bias();
        gemm::multiply(x, {{&q.weight, queries, q_bias}, {&k.weight, keys, k_bias}, {&v.weight, values, v_bias}},
                       s.memory, s.run);
    }

    // The second half, up to the output's map: what the heads attended to, in memory of the caller's frame. Queries and
    // keys are changed in place.
    view<float> mix(view<float> queries, view<float> keys, view<float> values, const layer_pass& pass) const {
        const step& s = pass.s;
        if (!s.memory.is_measuring()) {
            for (const view<float> projected : {queries, keys, values})
                if (std::isfinite(clip)) ops::clip(projected, clip, s.run);
            prepare(queries, heads.query, q_norm, pass.ropes, s);
            prepare(keys, heads.key, k_norm, pass.ropes, s);
            if (growth.rate != 0.0f) growth.apply(queries, s.batch.positions, s.run);
        }
        const view<float> mixed = s.memory.take<float>(queries.extent(0), heads.query * heads.value_dim);
        pass.attend(pass.layer, heads, queries, keys, values, mixed);
        return mixed;
    }

private:
    void weigh(view<float> mixed, view<const float> x, const step& s) const {
        const workspace::frame scratch(s.memory);
        const view<float> weights = s.memory.take<float>(mixed.extent(0), mixed.extent(1));
        const auto after = gate->bias() | ops::sigmoid{};
        gemm::multiply(x, {{&gate->weight, weights, after}}, s.memory, s.run);
        if (!s.memory.is_measuring()) ops::multiply(mixed, weights, mixed, s.run);
    }

    void prepare(view<float> x, index_t count, const norm::any& norm, std::span<const position::rope> ropes,
                 const step& s) const {
        if (!rotate_first) norm::apply_per_head(norm, x, x, s.run);
        if (rotary >= 0) ropes[std::size_t(rotary)].apply(x, count, s.batch.positions, s.run);
        if (rotate_first) norm::apply_per_head(norm, x, x, s.run);
    }
};

}
