// Self-attention in which every key head of a place has a bias of its own, computed from the values of that place: the
// dynamic mask of Doge as long as it leaves no key out.
#pragma once

#include <string_view>

#include "tessera/model/self_attention.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The bias exp(a · softplus(step(values))) is kept as one more dimension of the key, which queries meet with a one.
struct key_biased_attention {
    static constexpr std::string_view kind = self_attention::kind;

    self_attention inner;
    gemm::affine step;   // [key heads, key heads · value_dim]
    tensor<float, 1> a;  // [key heads]

    index_t bytes() const { return inner.bytes() + step.bytes() + a.bytes(); }

    void remember(cache::layer& kept) const {
        inner.remember(kept);
        ++kept.key_dim;
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const model::step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const self_attention::projections p = inner.project(x, s);
        inner.prepare(p, pass);
        attention::heads heads = inner.heads;
        const index_t rows = x.extent(0), narrow = heads.key_dim++;
        const view<float> biases = s.memory.take<float>(rows, heads.key);
        const view<float> queries = s.memory.take<float>(rows, heads.query * heads.key_dim);
        const view<float> keys = s.memory.take<float>(rows, heads.key * heads.key_dim);
        const view<float> mixed = s.memory.take<float>(rows, heads.query * heads.value_dim);
        gemm::multiply_into({biases}, p.v, step, s.memory, s.run);
        if (!s.memory.is_measuring()) {
            ops::map(ops::softplus{}, biases, biases, s.run);
            ops::multiply(biases, view<const float>(a.data(), biases.extents(), {0, 1}), biases, s.run);
            ops::map([](simd::floats v) { return simd::exp(v); }, biases, biases, s.run);
            widen(
                p.q, narrow, queries, [&](index_t, index_t) { return 1.0f / heads.scale; }, s.run);
            widen(
                p.k, narrow, keys, [&](index_t row, index_t head) { return biases(row, head); }, s.run);
        }
        pass.attend(pass.layer, heads, queries, keys, p.v, mixed);
        gemm::multiply_into(to, mixed, inner.out, s.memory, s.run);
    }

private:
    // Every head of `narrow` numbers with one more behind it: last(row, head).
    template <class F>
    static void widen(view<const float> from, index_t narrow, view<float> to, F last, exec::executor_ref run) {
        exec::for_rows(run, from.extent(0), from.extent(1), [&](index_t r) {
            for (index_t h = 0; h < from.extent(1) / narrow; ++h) {
                float* const wide = std::copy_n(&from(r, h * narrow), narrow, &to(r, h * (narrow + 1)));
                *wide = last(r, h);
            }
        });
    }
};

}
