// The weighted average of RWKV-4 (Peng et al. 2023, equation 16): values weighed by e^key, which fade with time, and
// the present one by a bonus besides.
#pragma once

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "tessera/core/view.hpp"
#include "tessera/simd/math.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

// What each channel has of its own, each [channels].
struct wkv_rates {
    const float* decay;  // of the exponents from row to row, negative
    const float* bonus;  // of the present row's exponent
};

// k, v: [rows, channels] → out, which may be v. before, after: [3, channels], which may be the same memory: numerator
// and denominator over e^m, and m; a denominator of zero is a sequence without rows.
inline void wkv(view<const float> k, view<const float> v, const wkv_rates& rates, view<float> out, const float* before,
                float* after, range columns) {
    const index_t channels = k.extent(1);
    assert(v.extents() == k.extents() && out.extents() == k.extents());
    for (index_t c = columns.begin; c < columns.end; c += simd::lanes) {
        const index_t n = std::min(simd::lanes, columns.end - c);
        const auto load = [n](const float* from) { return simd::load_up_to(from, n); };
        const simd::floats decay = load(rates.decay + c), bonus = load(rates.bonus + c), zero = simd::zero();
        simd::floats above = load(before + c), below = load(before + channels + c);
        simd::floats m = simd::select(zero < below, load(before + 2 * channels + c), simd::floats(-1e38f));
        // The sums with one more row of this exponent, over e^most.
        const auto with = [&](simd::floats old, simd::floats exponent, simd::floats most, simd::floats value) {
            const simd::floats stays = simd::exp(old - most), added = simd::exp(exponent - most);
            return std::pair(simd::fmadd(added, value, stays * above), simd::fmadd(stays, below, added));
        };
        for (index_t t = 0; t < k.extent(0); ++t) {
            const simd::floats key = load(&k(t, c)), value = load(&v(t, c)), present = key + bonus;
            const auto [sum, weight] = with(m, present, simd::max(m, present), value);
            simd::store_up_to(simd::divide(sum, weight), &out(t, c), n);
            const simd::floats faded = m + decay;
            m = simd::max(faded, key);
            std::tie(above, below) = with(faded, key, m, value);
        }
        simd::store_up_to(above, after + c, n);
        simd::store_up_to(below, after + channels + c, n);
        simd::store_up_to(m, after + 2 * channels + c, n);
    }
}

}
