// A mixture of attention heads (Zhang et al. 2022; JetMoE): each row goes to a few of many pairs of query and output
// maps, all of which attend to the same keys.
#pragma once

#include <string_view>
#include <vector>

#include "tessera/ffn/dispatch.hpp"
#include "tessera/gemm/put_into.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct mixture_of_attention {
    static constexpr std::string_view kind = "attention";

    attention::heads heads;  // query heads: chosen · key heads, those of one key head side by side
    gemm::affine router;     // [experts, hidden]
    ffn::any_routing routing;
    std::vector<gemm::affine> q{};    // of each expert: [key heads · key_dim, hidden]
    std::vector<gemm::affine> out{};  // of each expert: [hidden, key heads · value_dim]
    gemm::affine k, v;
    index_t rotary = 0;

    index_t bytes() const {
        index_t n = router.bytes() + k.bytes() + v.bytes();
        for (const gemm::affine& map : q) n += map.bytes();
        for (const gemm::affine& map : out) n += map.bytes();
        return n;
    }

    // Of the experts that a row is not sent to.
    index_t idle_parameters() const {
        index_t all = 0;
        for (std::size_t e = 0; e < q.size(); ++e) all += q[e].parameters() + out[e].parameters();
        return q.empty() ? 0 : all - all / index_t(q.size()) * heads.group();
    }

    void remember(cache::layer& kept) const {
        kept.heads = heads.key;
        kept.key_dim = heads.key_dim;
        kept.value_dim = heads.value_dim;
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0);
        const ffn::assignment sent =
            ffn::assign(router, routing, {index_t(q.size()), heads.group()}, x, s.memory, s.run);
        const view<float> queries = s.memory.take<float>(rows, heads.query * heads.key_dim);
        const view<float> keys = s.memory.take<float>(rows, k.outputs());
        const view<float> values = s.memory.take<float>(rows, v.outputs());
        const view<float> mixed = s.memory.take<float>(rows, heads.query * heads.value_dim);
        ask(x, sent, queries, s);
        const gemm::bias k_bias = k.bias(), v_bias = v.bias();
        gemm::multiply(x, {{&k.weight, keys, k_bias}, {&v.weight, values, v_bias}}, s.memory, s.run);
        if (!s.memory.is_measuring()) {
            const position::rope& rope = pass.ropes[std::size_t(rotary)];
            rope.apply(queries, heads.query, s.batch.positions, s.run);
            rope.apply(keys, heads.key, s.batch.positions, s.run);
        }
        pass.attend(pass.layer, heads, queries, keys, values, mixed);
        answer(mixed, sent, to, s);
    }

private:
    // f(expert, its rows, how many to plan for) for every expert that has some; for one that has all, while measuring.
    template <class F>
    void each_expert(const ffn::assignment& sent, index_t rows, const step& s, F f) const {
        for (index_t e = 0; e < index_t(q.size()); ++e) {
            const auto of_expert = sent.of(e);
            const index_t n = s.memory.is_measuring() ? rows : index_t(of_expert.size());
            if (n > 0) f(std::size_t(e), of_expert, n);
        }
    }

    // The queries of each row by its experts: that of key head h and choice i is query head h · chosen + i.
    void ask(view<const float> x, const ffn::assignment& sent, view<float> queries, const step& s) const {
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0);
        const view<float> in = s.memory.take<float>(rows, x.extent(1));
        const view<float> asked = s.memory.take<float>(rows, heads.key * heads.key_dim);
        each_expert(sent, rows, s, [&](std::size_t e, std::span<const ffn::sent_row> of_expert, index_t n) {
            const view<float> some = in.slice({0, n}), result = asked.slice({0, n});
            ffn::gather(x, of_expert, some, s.run);
            gemm::multiply_into({result}, some, q[e], s.memory, s.run);
            exchange(of_expert, heads.key_dim, s.run,
                     [&](index_t i, index_t from, const ffn::sent_row& row, index_t at) {
                         std::copy_n(&result(i, from), heads.key_dim, &queries(row.row, at));
                     });
        });
    }

    // What each expert makes of its heads, weighed and added up in the order of the experts.
    void answer(view<const float> mixed, const ffn::assignment& sent, const gemm::destination& to,
                const step& s) const {
        const workspace::frame scratch(s.memory);
        const index_t rows = mixed.extent(0);
        const view<float> sum = s.memory.take<float>(rows, to.y.extent(1)),
                          y = s.memory.take<float>(rows, to.y.extent(1));
        const view<float> in = s.memory.take<float>(rows, heads.key * heads.value_dim);
        if (!s.memory.is_measuring()) ops::fill(sum, 0.0f);
        each_expert(sent, rows, s, [&](std::size_t e, std::span<const ffn::sent_row> of_expert, index_t n) {
            const view<float> some = in.slice({0, n}), result = y.slice({0, n});
            exchange(of_expert, heads.value_dim, s.run,
                     [&](index_t i, index_t to_column, const ffn::sent_row& row, index_t at) {
                         std::copy_n(&mixed(row.row, at), heads.value_dim, &some(i, to_column));
                     });
            gemm::multiply_into({result}, some, out[e], s.memory, s.run);
            ffn::scatter(result, of_expert, sum, s.run);
        });
        if (s.memory.is_measuring()) return;
        gemm::put_into(to, sum, s.run);
    }

    // copy(i, column among the expert's own heads, row, column among all query heads) for each head of each row.
    template <class F>
    void exchange(std::span<const ffn::sent_row> of_expert, index_t dim, exec::executor_ref run, F copy) const {
        exec::for_rows(run, index_t(of_expert.size()), heads.key * dim, [&](index_t i) {
            const ffn::sent_row& row = of_expert[std::size_t(i)];
            for (index_t h = 0; h < heads.key; ++h) copy(i, h * dim, row, (h * heads.group() + row.slot) * dim);
        });
    }
};

}
