// The real-gated linear recurrent unit of Griffin (De et al. 2024, section 2.4): each channel decays on its own, and
// what it takes in is scaled so that the size of the state stays.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include "tessera/core/view.hpp"
#include "tessera/simd/math.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

// The gates of one sequence's rows, both in (0, 1), and the rows' positions.
struct gated_rows {
    view<const float> stay, take;  // [rows, channels]
    std::span<const std::int32_t> positions;
};

// For each channel h = a h + √(1 - a²) · take · x with a = e^(rate · stay), rate < 0; at position 0 h = take · x.
// x [rows, channels] becomes h; before, after: h [channels], which may be the same memory.
inline void rg_lru(const gated_rows& rows, const float* rate, view<float> x, const float* before, float* after,
                   range columns) {
    assert(rows.stay.extents() == x.extents() && rows.take.extents() == x.extents());
    for (index_t c = columns.begin; c < columns.end; c += simd::lanes) {
        const index_t n = std::min(simd::lanes, columns.end - c);
        const simd::floats rates = simd::load_up_to(rate + c, n);
        simd::floats h = simd::load_up_to(before + c, n);
        for (index_t t = 0; t < x.extent(0); ++t) {
            const simd::floats taken = simd::load_up_to(&x(t, c), n) * simd::load_up_to(&rows.take(t, c), n);
            const simd::floats log_a = rates * simd::load_up_to(&rows.stay(t, c), n);
            // Where a is near 1, 1 - a² would be all rounding errors.
            const simd::floats grown = simd::series::expm1_reduced(simd::max(simd::floats(-80.0f), log_a + log_a));
            h = rows.positions[std::size_t(t)] == 0
                    ? taken
                    : simd::fmadd(simd::exp(log_a), h, simd::sqrt(simd::zero() - grown) * taken);
            simd::store_up_to(h, &x(t, c), n);
        }
        simd::store_up_to(h, after + c, n);
    }
}

}
