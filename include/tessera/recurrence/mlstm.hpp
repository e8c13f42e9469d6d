// The mLSTM cell (Beck et al. 2024, section 2.3): linear attention with exponential gates, whose state is kept within
// reach of floats by the largest of their logarithms.
#pragma once

#include "tessera/ops/activation.hpp"
#include "tessera/recurrence/linear_state.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

// One head's rows of one sequence.
struct mlstm_rows {
    view<const float> q, k;     // [rows, key_dim]
    view<const float> v;        // [rows, value_dim]
    view<float, 1> take, stay;  // [rows]: the gates before exp and sigmoid; overwritten
    view<float, 1> least, sum;  // [rows], of the kernel: what it divides by
};

// Floats of a state: C [key_dim, value_dim], n [key_dim], m.
constexpr index_t mlstm_state(index_t key_dim, index_t value_dim) { return key_dim * (value_dim + 1) + 1; }

namespace detail {

// Row after row m' = max(m + ln σ(stay), take); stay = e^(m + ln σ(stay) - m'), take = e^(take - m'), least = e^-m'.
// Gives the last m.
inline float stabilise(const mlstm_rows& rows, float m) {
    for (index_t t = 0; t < rows.take.extent(0); ++t) {
        const float kept = m - ops::softplus::of(-rows.stay(t)), added = rows.take(t);
        m = simd::max(kept, added);
        rows.stay(t) = simd::exp(kept - m);
        rows.take(t) = simd::exp(added - m);
        rows.least(t) = simd::exp(-m);
    }
    return m;
}

}

// Row after row C = stay C + take k vᵀ and n = stay n + take k, then out = Cᵀ q / (max(|nᵀ q|, e^-m) + ε). before,
// after: mlstm_state() floats, which may be the same memory; out: [rows, value_dim], which may be v.
inline void mlstm(const mlstm_rows& rows, view<float> out, float epsilon, const float* before, float* after) {
    static constexpr float one = 1.0f;
    const index_t count = out.extent(0), key_dim = rows.k.extent(1), value_dim = rows.v.extent(1);
    const index_t n_at = key_dim * value_dim, m_at = n_at + key_dim;
    after[m_at] = detail::stabilise(rows, before[m_at]);
    const view<const float> stay = shared_decay(rows.stay, key_dim);
    linear_state({rows.q, rows.k, rows.v, rows.take, stay}, out, before, after);
    linear_state({rows.q, rows.k, {&one, {count, 1}, {0, 0}}, rows.take, stay},
                 {rows.sum.data(), {count, 1}, {rows.sum.stride(0), 1}}, before + n_at, after + n_at);
    for (index_t t = 0; t < count; ++t) {
        const simd::floats by(1.0f / (simd::max(simd::abs(rows.sum(t)), rows.least(t)) + epsilon));
        simd::map(&out(t, 0), &out(t, 0), value_dim, [by](simd::floats v) { return v * by; });
    }
}

}
