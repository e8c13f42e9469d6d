// Queries, keys and values of one layer: projected, normalised, rotated, appended to the cache, attended, projected
// back.
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "tessera/attention/heads.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/function_ref.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/position/rope.hpp"

namespace tessera::inline TESSERA_ABI::model {

// How a layer attends: q [rows, query heads · key_dim] → out [rows, query heads · value_dim]. The score policy is
// inside.
using attend_ref = function_ref<void(view<const float> q, view<float> out)>;

struct self_attention {
    attention::heads heads;
    gemm::affine q, k, v, out;
    norm::any q_norm = norm::identity{};  // over head_dim: each head; over the full width: the row
    norm::any k_norm = norm::identity{};
    index_t rotary = -1;                                  // which of the model's rotary tables; -1 for none
    bool rotate_first = false;                            // before the norms of queries and keys, not after
    float clip = std::numeric_limits<float>::infinity();  // limit on elements of q, k and v, if finite

    index_t bytes() const { return q.bytes() + k.bytes() + v.bytes() + out.bytes(); }

    void operator()(view<const float> x, const gemm::destination& to, index_t layer,
                    std::span<const position::rope> ropes, const step& s, attend_ref attend) const {
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0);
        const view<float> queries = s.memory.take<float>(rows, q.outputs());
        const view<float> keys = s.memory.take<float>(rows, k.outputs());
        const view<float> values = s.memory.take<float>(rows, v.outputs());
        const gemm::bias q_bias = q.bias(), k_bias = k.bias(), v_bias = v.bias();
        gemm::multiply(x, {{&q.weight, queries, q_bias}, {&k.weight, keys, k_bias}, {&v.weight, values, v_bias}},
                       s.memory, s.run);
        if (!s.memory.is_measuring()) {
            for (const view<float> projected : {queries, keys, values})
                if (std::isfinite(clip)) ops::clip(projected, clip, s.run);
            prepare(queries, heads.query, q_norm, ropes, s);
            prepare(keys, heads.key, k_norm, ropes, s);
            append(keys, values, layer, s);
        }
        const view<float> mixed = s.memory.take<float>(rows, heads.query * heads.value_dim);
        attend(queries, mixed);
        gemm::multiply_into(to, mixed, out, s.memory, s.run);
    }

private:
    void prepare(view<float> x, index_t count, const norm::any& norm, std::span<const position::rope> ropes,
                 const step& s) const {
        if (!rotate_first) norm::apply_per_head(norm, x, x, s.run);
        if (rotary >= 0) ropes[std::size_t(rotary)].apply(x, count, s.batch.positions, s.run);
        if (rotate_first) norm::apply_per_head(norm, x, x, s.run);
    }

    static void append(view<const float> keys, view<const float> values, index_t layer, const step& s) {
        for (index_t i = 0; i < s.batch.sequences.sequences(); ++i) {
            const range rows = s.batch.sequences[i];
            const auto positions = s.batch.positions.subspan(std::size_t(rows.begin), std::size_t(rows.size()));
            const cache::ref& cache = s.batch.caches[std::size_t(i)];
            const range places = cache.append(layer, positions);
            cache.visit(layer, [&](const auto& to) {
                attention::write(to, places, keys.slice(rows), values.slice(rows), s.run);
            });
        }
    }
};

}
