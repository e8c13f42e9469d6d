// The selective scan of Mamba (Gu and Dao 2023, section 3.2): a diagonal linear recurrence whose step and whose input
// and output maps depend on the row.
#pragma once

#include <algorithm>
#include <cassert>

#include "tessera/core/view.hpp"
#include "tessera/simd/math.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

// The rows of one sequence.
struct scan_rows {
    view<const float> step;     // Δ [rows, channels]
    view<const float> in, out;  // B and C [rows, states], the same for all channels
};

// For each channel h[n] = e^(Δ a[n]) h[n] + Δ B[n] x, then y = Σₙ C[n] h[n] + skip · x; x [rows, channels] becomes y.
// a: [states, channels]; before, after: h [states, channels], which may be the same memory.
inline void selective_scan(const scan_rows& rows, view<const float> a, const float* skip, view<float> x,
                           const float* before, float* after, range columns) {
    const index_t states = a.extent(0), channels = a.extent(1);
    assert(rows.in.extent(1) == states && rows.step.extents() == x.extents());
    for (index_t c = columns.begin; c < columns.end; c += simd::lanes) {
        const index_t k = std::min(simd::lanes, columns.end - c);
        for (index_t n = 0; n < states; ++n)
            simd::store_up_to(simd::load_up_to(before + n * channels + c, k), after + n * channels + c, k);
        const simd::floats d = simd::load_up_to(skip + c, k);
        for (index_t t = 0; t < x.extent(0); ++t) {
            const simd::floats step = simd::load_up_to(&rows.step(t, c), k), u = simd::load_up_to(&x(t, c), k);
            const simd::floats input = step * u;
            simd::floats y = d * u;
            for (index_t n = 0; n < states; ++n) {
                float* const state = after + n * channels + c;
                const simd::floats decay = simd::exp(step * simd::load_up_to(a.data() + n * a.stride(0) + c, k));
                const simd::floats h =
                    simd::fmadd(decay, simd::load_up_to(state, k), input * simd::floats(rows.in(t, n)));
                simd::store_up_to(h, state, k);
                y = simd::fmadd(h, simd::floats(rows.out(t, n)), y);
            }
            simd::store_up_to(y, &x(t, c), k);
        }
    }
}

}
