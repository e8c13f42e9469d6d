// A linear recurrence whose state is a matrix: linear attention (Katharopoulos et al. 2020) with a decay, as in Mamba-2
// (Dao and Gu 2024) and its relatives.
#pragma once

#include "tessera/recurrence/linear_rows.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

namespace detail {

// Value columns [c, c + Registers · lanes), of which a single register may lack the last; all rows, one after another.
template <int Registers>
void linear_columns(const linear_rows& rows, view<float> out, const float* before, float* after, index_t c, index_t n) {
    const index_t key_dim = rows.k.extent(1), value_dim = rows.v.extent(1);
    const auto width = [n](int r) { return std::min(simd::lanes, n - r * simd::lanes); };
    for (index_t t = 0; t < out.extent(0); ++t, before = after) {
        const float *q = &rows.q(t, 0), *k = &rows.k(t, 0), *decay = &rows.decay(t, 0);
        simd::floats added[Registers], sum[Registers];
        for (int r = 0; r < Registers; ++r) {
            added[r] = simd::load_up_to(&rows.v(t, c + r * simd::lanes), width(r)) * simd::floats(rows.gain[t]);
            sum[r] = simd::zero();
        }
        for (index_t i = 0; i < key_dim; ++i) {
            const simd::floats d(decay[i * rows.decay.stride(1)]), ki(k[i]), qi(q[i]);
            for (int r = 0; r < Registers; ++r) {
                const index_t at = i * value_dim + c + r * simd::lanes;
                const simd::floats s = simd::fmadd(ki, added[r], d * simd::load_up_to(before + at, width(r)));
                simd::store_up_to(s, after + at, width(r));
                sum[r] = simd::fmadd(qi, s, sum[r]);
            }
        }
        for (int r = 0; r < Registers; ++r) simd::store_up_to(sum[r], &out(t, c + r * simd::lanes), width(r));
    }
}

}

// Row after row S = decay ∘ S + k (gain · v)ᵀ, then out = Sᵀ q, where the decay is of the rows of S. before, after:
// S [key_dim, value_dim], which may be the same memory; out: [rows, value_dim], which may be v.
inline void linear_state(const linear_rows& rows, view<float> out, const float* before, float* after) {
    detail::by_columns(rows, out, before, after, [&](auto registers, index_t c, index_t n) {
        detail::linear_columns<registers()>(rows, out, before, after, c, n);
    });
}

}
