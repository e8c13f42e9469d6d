// Several streams of rows side by side: mixed row by row with coefficients of the row's own, moved together, and
// brought to one size (alternating updates, Baykal et al. 2023).
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>

#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// Stream i of x is its columns [i · width, (i + 1) · width).
inline view<float> stream(view<float> x, index_t i, index_t width) { return x.columns({i * width, (i + 1) * width}); }
inline view<const float> stream(view<const float> x, index_t i, index_t width) {
    return x.columns({i * width, (i + 1) * width});
}

// y_i = x_i + Σ_j c[i · n + j] · x_j of n streams, in the order of j. x and y: [rows, n · width], not the same memory;
// c: [rows, n²].
inline void mix_streams(view<const float> x, view<const float> c, view<float> y, index_t n, exec::executor_ref run) {
    assert(x.extents() == y.extents() && x.data() != y.data() && c.extent(1) == n * n && x.extent(1) % n == 0);
    const index_t width = x.extent(1) / n;
    exec::for_rows(run, x.extent(0), n * x.extent(1), [&](index_t row) {
        const float *const from = row_of(x, row), *const by = row_of(c, row);
        float* const to = row_of(y, row);
        for (index_t i = 0; i < n; ++i) {
            std::copy_n(from + i * width, width, to + i * width);
            for (index_t j = 0; j < n; ++j)
                simd::map(
                    to + i * width, from + j * width, to + i * width, width,
                    [f = simd::floats(by[i * n + j])](simd::floats a, simd::floats b) { return simd::fmadd(f, b, a); });
        }
    });
}

// y_i = x_i + c[i] · (found - x_active) of n streams. x and y: [rows, n · width], not the same memory; c: [rows, n];
// found: [rows, width].
inline void correct_streams(view<const float> x, view<const float> found, index_t active, view<const float> c,
                            view<float> y, exec::executor_ref run) {
    assert(x.extents() == y.extents() && x.data() != y.data() && x.extent(1) == c.extent(1) * found.extent(1));
    const index_t n = c.extent(1), width = found.extent(1);
    exec::for_rows(run, x.extent(0), 3 * x.extent(1), [&](index_t row) {
        const float *const from = row_of(x, row), *const predicted = from + active * width;
        float* const to = row_of(y, row);
        for (index_t i = 0; i < n; ++i) {
            float* const one = to + i * width;
            simd::map(row_of(found, row), predicted, one, width, [](simd::floats a, simd::floats p) { return a - p; });
            simd::map(
                one, from + i * width, one, width,
                [f = simd::floats(row_of(c, row)[i])](simd::floats d, simd::floats p) { return simd::fmadd(f, d, p); });
        }
    });
}

// Each row of x is scaled to the root mean square of the same row of `like`; its own counts as √least at least. Both
// are [rows, width].
inline void match_magnitude(view<float> x, view<const float> like, float least, exec::executor_ref run) {
    assert(x.extents() == like.extents());
    const auto mean_square = [](const float* row, index_t n) {
        return simd::sum_over(n,
                              [row](simd::floats s, index_t i, index_t k) {
                                  const simd::floats v = simd::load_up_to(row + i, k);
                                  return simd::fmadd(v, v, s);
                              }) /
               double(n);
    };
    exec::for_rows(run, x.extent(0), 5 * x.extent(1), [&](index_t row) {
        const index_t n = x.extent(1);
        const double target = mean_square(row_of(like, row), n), own = mean_square(row_of(x, row), n);
        const simd::floats f(static_cast<float>(std::sqrt(target / std::max(own, double(least)))));
        simd::map(row_of(x, row), row_of(x, row), n, [f](simd::floats v) { return v * f; });
    });
}

}
