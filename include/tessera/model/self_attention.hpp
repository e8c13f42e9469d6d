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
    norm::any v_norm = norm::identity{};
    norm::any out_norm = norm::identity{};  // of what all heads give, before `out`
    index_t rotary = -1;                    // which of the model's rotary tables; -1 for none
    bool rotate_first = false;              // before the norms of queries and keys, not after
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
        const workspace::frame scratch(pass.s.memory);
        const view<float> mixed = mix(x, pass);
        if (gate) weigh(mixed, x, pass.s);
        gemm::multiply_into(to, mixed, out, pass.s.memory, pass.s.run);
    }

    // What the heads attended to, before gate and output: [rows, query heads · value_dim], in memory of the caller's
    // frame.
    view<float> mix(view<const float> x, const layer_pass& pass) const { return mix(project(x, pass.s), pass); }

    // Queries, keys and values of rows.
    struct projections {
        view<float> q, k, v;
    };

    // The first half: they as the weights give them, in memory of the caller's frame.
    projections project(view<const float> x, const step& s) const {
        const index_t rows = x.extent(0);
        const projections p{s.memory.take<float>(rows, q.outputs()), s.memory.take<float>(rows, k.outputs()),
                            s.memory.take<float>(rows, v.outputs())};
        const gemm::bias q_bias = q.bias(), k_bias = k.bias(), v_bias = v.bias();
        gemm::multiply(x, {{&q.weight, p.q, q_bias}, {&k.weight, p.k, k_bias}, {&v.weight, p.v, v_bias}}, s.memory,
                       s.run);
        return p;
    }

    // The second half, up to the output's map, in memory of the caller's frame. Queries and keys are changed in place.
    view<float> mix(const projections& p, const layer_pass& pass) const {
        const step& s = pass.s;
        prepare(p, pass);
        const view<float> mixed = s.memory.take<float>(p.q.extent(0), heads.query * heads.value_dim);
        pass.attend(pass.layer, heads, p.q, p.k, p.v, mixed);
        if (!s.memory.is_measuring()) norm::apply(out_norm, mixed, mixed, s.run);
        return mixed;
    }

    // Makes them ready to be attended to: clipped, normalised, rotated, in place.
    void prepare(const projections& p, const layer_pass& pass) const {
        const step& s = pass.s;
        if (s.memory.is_measuring()) return;
        for (const view<float> projected : {p.q, p.k, p.v})
            if (std::isfinite(clip)) ops::clip(projected, clip, s.run);
        normalise_and_rotate(p.q, heads.query, q_norm, pass.ropes, s);
        normalise_and_rotate(p.k, heads.key, k_norm, pass.ropes, s);
        norm::apply_per_head(v_norm, p.v, p.v, s.run);
        if (growth.rate != 0.0f) growth.apply(p.q, s.batch.positions, s.run);
    }

private:
    void weigh(view<float> mixed, view<const float> x, const step& s) const {
        const workspace::frame scratch(s.memory);
        const view<float> weights = s.memory.take<float>(mixed.extent(0), mixed.extent(1));
        const auto after = gate->bias() | ops::sigmoid{};
        gemm::multiply(x, {{&gate->weight, weights, after}}, s.memory, s.run);
        if (!s.memory.is_measuring()) ops::multiply(mixed, weights, mixed, s.run);
    }

    void normalise_and_rotate(view<float> x, index_t count, const norm::any& norm,
                              std::span<const position::rope> ropes, const step& s) const {
        if (!rotate_first) norm::apply_per_head(norm, x, x, s.run);
        if (rotary >= 0) ropes[std::size_t(rotary)].apply(x, count, s.batch.positions, s.run);
        if (rotate_first) norm::apply_per_head(norm, x, x, s.run);
    }
};

}
