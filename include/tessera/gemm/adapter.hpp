// What an adapter that is kept apart from the weights makes of a linear map (LoRA, Hu et al. 2021; DoRA, Liu et al.
// 2024), for the rows that use it.
#pragma once

#include "tessera/core/workspace.hpp"
#include "tessera/gemm/packed.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// W x becomes factor · (W x + B (A x)). One without rank changes nothing.
struct adapter {
    packed<float> down{};       // A: [rank, inputs]
    packed<float> up{};         // B times the adapter's scale: [outputs, rank]
    tensor<float, 1> factor{};  // [outputs]: a trained length of each row over the one it has; empty: ones

    index_t rank() const { return down.outputs(); }
    index_t bytes() const { return down.bytes() + up.bytes() + factor.bytes(); }

    // sums, W x for the outputs in `columns`, becomes what those rows get; low: A x; room: as large as sums.
    void finish(view<const float> low, range columns, view<float> sums, view<float> room) const {
        up.multiply(low, columns, room);
        for (index_t r = 0; r < sums.extent(0); ++r) {
            float* const sum = &sums(r, 0);
            const index_t n = columns.size();
            simd::map(sum, &room(r, 0), sum, n, [](simd::floats w, simd::floats a) { return w + a; });
            if (factor.size() == 0) continue;
            simd::map(sum, factor.data() + columns.begin, sum, n, [](simd::floats s, simd::floats f) { return s * f; });
        }
    }
};

// f(rows, number) for every run of rows that use the same adapter.
template <class F>
void for_each_adapter(view<const index_t, 1> of_rows, F f) {
    for (index_t begin = 0, end = 0; begin < of_rows.extent(0); begin = end) {
        while (end < of_rows.extent(0) && of_rows[end] == of_rows[begin]) ++end;
        if (of_rows[begin] != no_adapter) f(range{begin, end}, of_rows[begin]);
    }
}

}
