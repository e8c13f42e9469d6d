// Differential attention (Ye et al. 2024): what the second half of the heads give, times λ, is taken from what the
// first half give.
#pragma once

#include <string_view>

#include "tessera/model/self_attention.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Query head h and head h + query / 2 see the same values, twice as wide as a key: value_dim is 2 · key_dim, and `out`
// is [hidden, query / 2 · value_dim].
struct differential_attention {
    static constexpr std::string_view kind = self_attention::kind;

    self_attention both;
    float lambda = 0.0f;
    float factor = 1.0f;  // of each normalised difference: 1 - λ at the start of the training
    float epsilon = 1e-5f;

    index_t bytes() const { return both.bytes(); }
    void remember(cache::layer& kept) const { both.remember(kept); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const workspace::frame scratch(pass.s.memory);
        const view<float> mixed = both.mix(x, pass);
        const view<float> rest(mixed.data(), {mixed.extent(0), mixed.extent(1) / 2}, mixed.strides());
        if (!pass.s.memory.is_measuring()) subtract(mixed, rest, pass.s.run);
        gemm::multiply_into(to, rest, both.out, pass.s.memory, pass.s.run);
    }

private:
    // rest, which lies in mixed, = factor · rms((first half) - λ · (second half)) of each head.
    void subtract(view<const float> mixed, view<float> rest, exec::executor_ref run) const {
        const index_t width = both.heads.value_dim, half = rest.extent(1);
        const norm::rms rms{.epsilon = epsilon};
        exec::for_rows(run, rest.extent(0), 4 * half, [&](index_t r) {
            const float* const from = mixed.data() + r * mixed.stride(0);
            float* const row = rest.data() + r * rest.stride(0);
            const simd::floats by(-lambda), f(factor);
            simd::map(from, from + half, row, half,
                      [by](simd::floats a, simd::floats b) { return simd::fmadd(by, b, a); });
            for (index_t i = 0; i < half; i += width) rms.row(row + i, row + i, width);
            simd::map(row, row, half, [f](simd::floats a) { return a * f; });
        });
    }
};

}
