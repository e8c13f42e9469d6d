// Sums of consecutive rows.
#pragma once

#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// sums[i] = x[i · block] + … + x[i · block + block - 1], added in this order; the last takes the rows behind it too.
// x: [rows, width]; sums: [rows / block, width], which shares no memory with it.
inline void sum_blocks(view<const float> x, index_t block, view<float> sums, exec::executor_ref run) {
    const index_t count = sums.extent(0), width = x.extent(1);
    assert(count == x.extent(0) / block && width == sums.extent(1));
    exec::for_rows(run, count, block * width, [&](index_t i) {
        float* const sum = row_of(sums, i);
        std::copy_n(row_of(x, i * block), width, sum);
        const index_t end = i + 1 < count ? (i + 1) * block : x.extent(0);
        for (index_t row = i * block + 1; row < end; ++row)
            simd::map(sum, row_of(x, row), sum, width, [](simd::floats a, simd::floats b) { return a + b; });
    });
}

}
