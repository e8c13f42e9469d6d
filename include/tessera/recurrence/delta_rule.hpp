// The gated delta rule (Yang et al. 2024, "Gated Delta Networks", equation 10): a linear recurrence whose rows correct
// what the state already gives for their key.
#pragma once

#include "tessera/recurrence/linear_rows.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

namespace detail {

// Value columns [c, c + Registers · lanes), of which a single register may lack the last; all rows, one after another.
template <int Registers>
void delta_columns(const linear_rows& rows, view<float> out, const float* before, float* after, index_t c, index_t n) {
    const index_t key_dim = rows.k.extent(1), value_dim = rows.v.extent(1);
    const auto width = [n](int r) { return std::min(simd::lanes, n - r * simd::lanes); };
    const auto place = [=](index_t i, int r) { return i * value_dim + c + r * simd::lanes; };
    for (index_t t = 0; t < out.extent(0); ++t, before = after) {
        const float *q = &rows.q(t, 0), *k = &rows.k(t, 0), *decay = &rows.decay(t, 0);
        simd::floats known[Registers], correction[Registers], sum[Registers];
        for (int r = 0; r < Registers; ++r) known[r] = sum[r] = simd::zero();
        for (index_t i = 0; i < key_dim; ++i) {
            const simd::floats d(decay[i * rows.decay.stride(1)]), ki(k[i]);
            for (int r = 0; r < Registers; ++r) {
                const simd::floats s = d * simd::load_up_to(before + place(i, r), width(r));
                simd::store_up_to(s, after + place(i, r), width(r));
                known[r] = simd::fmadd(ki, s, known[r]);
            }
        }
        for (int r = 0; r < Registers; ++r) {
            const simd::floats v = simd::load_up_to(&rows.v(t, c + r * simd::lanes), width(r));
            correction[r] = (v - known[r]) * simd::floats(rows.gain[t]);
        }
        for (index_t i = 0; i < key_dim; ++i) {
            const simd::floats ki(k[i]), qi(q[i]);
            for (int r = 0; r < Registers; ++r) {
                const simd::floats s = simd::fmadd(ki, correction[r], simd::load_up_to(after + place(i, r), width(r)));
                simd::store_up_to(s, after + place(i, r), width(r));
                sum[r] = simd::fmadd(qi, s, sum[r]);
            }
        }
        for (int r = 0; r < Registers; ++r) simd::store_up_to(sum[r], &out(t, c + r * simd::lanes), width(r));
    }
}

}

// Row after row S = decay ∘ S, then S = S + k (gain · (v - Sᵀ k))ᵀ, then out = Sᵀ q, where the decay is of the rows of
// S. before, after: S [key_dim, value_dim], which may be the same memory; out: [rows, value_dim], which may be v.
inline void delta_rule(const linear_rows& rows, view<float> out, const float* before, float* after) {
    detail::by_columns(rows, out, before, after, [&](auto registers, index_t c, index_t n) {
        detail::delta_columns<registers()>(rows, out, before, after, c, n);
    });
}

}
