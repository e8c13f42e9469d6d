// Multi-head latent attention (DeepSeek-V2, section 2.1): the cache holds one latent vector and one rotated key a row,
// for all heads.
#pragma once

#include <optional>
#include <vector>

#include "tessera/attention/heads.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The maps from the latent to the keys and values of each head are absorbed into its queries and outputs, so that all
// heads attend to the latent itself: q·(U c) = (Uᵀ q)·c. A step of any number of rows is computed in this one way.
struct latent_attention {
    static constexpr std::string_view kind = "latent attention";

    struct head {
        gemm::linear to_latent;    // [rank, plain_dim]: Uᵀ of the keys
        gemm::linear from_latent;  // [value_dim, rank]
    };

    index_t plain_dim = 0, rotary_dim = 0;  // of a query: what is not rotated, what is
    index_t rank = 0, value_dim = 0;
    float scale = 1.0f;
    std::optional<gemm::affine> q_low{};  // [q rank, hidden], where queries are of low rank too
    norm::any q_norm = norm::identity{};  // of that
    gemm::affine q_plain, q_rotary;       // [heads · plain_dim, …], [heads · rotary_dim, …]
    gemm::affine latent, k_rotary;        // [rank, hidden], [rotary_dim, hidden]
    norm::any latent_norm = norm::identity{};
    std::vector<head> heads;
    gemm::affine out;     // [hidden, heads · value_dim]
    index_t rotary = -1;  // which of the model's rotary tables; -1 for none

    index_t bytes() const {
        index_t n = q_low ? q_low->bytes() : 0;
        for (const gemm::affine* map : {&q_plain, &q_rotary, &latent, &k_rotary, &out}) n += map->bytes();
        for (const head& h : heads) n += h.to_latent.bytes() + h.from_latent.bytes();
        return n;
    }
    void remember(cache::layer& kept) const {
        kept.heads = 1;
        kept.key_dim = rank + rotary_dim;
        kept.value_dim = rank;
        kept.values_in_keys = true;
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), count = index_t(heads.size());
        const view<float> q = memory.take<float>(rows, count * (rank + rotary_dim));
        const view<float> k = memory.take<float>(rows, rank + rotary_dim);
        const view<float> mixed = memory.take<float>(rows, count * rank);
        make_keys(x, k, pass);
        make_queries(x, q, pass);
        pass.attend(pass.layer, as_heads(), q, k, k.columns({0, rank}), mixed);
        expand(mixed, to, pass);
    }

private:
    attention::heads as_heads() const {
        return {.query = index_t(heads.size()),
                .key = 1,
                .key_dim = rank + rotary_dim,
                .value_dim = rank,
                .scale = scale,
                .values_in_keys = true};
    }

    // k: [rows, rank + rotary_dim], the normalised latent and the rotated key.
    void make_keys(view<const float> x, view<float> k, const layer_pass& pass) const {
        const step& s = pass.s;
        const view<float> c = k.columns({0, rank}), turned = k.columns({rank, rank + rotary_dim});
        const gemm::bias after_latent = latent.bias(), after_rotary = k_rotary.bias();
        gemm::multiply(x, {{&latent.weight, c, after_latent}, {&k_rotary.weight, turned, after_rotary}}, s.memory,
                       s.run);
        if (s.memory.is_measuring()) return;
        norm::apply(latent_norm, c, c, s.run);
        rotate(turned, 1, pass);
    }

    // q: [rows, heads · (rank + rotary_dim)]
    void make_queries(view<const float> x, view<float> q, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0), width = rank + rotary_dim;
        if (q_low) {
            const view<float> low = s.memory.take<float>(rows, q_low->outputs());
            gemm::multiply_into({low}, x, *q_low, s.memory, s.run);
            if (!s.memory.is_measuring()) norm::apply(q_norm, low, low, s.run);
            x = low;
        }
        const view<float> plain = s.memory.take<float>(rows, q_plain.outputs());
        const view<float> turned = s.memory.take<float>(rows, q_rotary.outputs());
        const gemm::bias after_plain = q_plain.bias(), after_rotary = q_rotary.bias();
        gemm::multiply(x, {{&q_plain.weight, plain, after_plain}, {&q_rotary.weight, turned, after_rotary}}, s.memory,
                       s.run);
        if (!s.memory.is_measuring()) rotate(turned, index_t(heads.size()), pass);
        for (index_t h = 0; h < index_t(heads.size()); ++h) {
            gemm::multiply(plain.columns({h * plain_dim, (h + 1) * plain_dim}),
                           {{&heads[std::size_t(h)].to_latent, q.columns({h * width, h * width + rank})}}, s.memory,
                           s.run);
            if (!s.memory.is_measuring())
                ops::copy(turned.columns({h * rotary_dim, (h + 1) * rotary_dim}),
                          q.columns({h * width + rank, (h + 1) * width}));
        }
    }

    // mixed: [rows, heads · rank]
    void expand(view<const float> mixed, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const view<float> values = s.memory.take<float>(mixed.extent(0), out.inputs());
        for (index_t h = 0; h < index_t(heads.size()); ++h)
            gemm::multiply(mixed.columns({h * rank, (h + 1) * rank}),
                           {{&heads[std::size_t(h)].from_latent, values.columns({h * value_dim, (h + 1) * value_dim})}},
                           s.memory, s.run);
        gemm::multiply_into(to, values, out, s.memory, s.run);
    }

    void rotate(view<float> x, index_t count, const layer_pass& pass) const {
        if (rotary >= 0) pass.ropes[std::size_t(rotary)].apply(x, count, pass.s.batch.positions, pass.s.run);
    }
};

}
