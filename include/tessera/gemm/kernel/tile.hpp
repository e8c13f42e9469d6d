// The float micro-kernel: a tile of sums in registers, each one sequential chain of fused multiply-adds over the depth.
#pragma once

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// c[row, column] = Σ over k of a[row, k] · b[k, column]; T is the stored type of b, widened when it is loaded.
template <class T>
struct tile_operands {
    const float* a;    // [rows, depth]
    index_t a_stride;  // from row to row
    const T* b;        // [panels][depth][vectors · lanes]
    index_t b_step;    // from k to k + 1
    index_t b_panel;   // from panel to panel
    float* c;          // [rows, panels · vectors · lanes]
    index_t c_stride;  // from row to row
};

// With `go_on` the chains continue from what c holds, so that a depth cut in parts gives the bits of the whole.
// Ahead > 0: elements of b by which it is prefetched, for weights that come from far and are used once.
template <int Rows, int Panels, int Vectors, int Ahead = 0, class T>
void tile(const tile_operands<T>& at, index_t depth, bool go_on) {
    constexpr int columns = Panels * Vectors;
    const float* const a = at.a;
    const T* b = at.b;
    simd::floats sum[Rows][columns];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < columns; ++v)
            sum[r][v] = go_on ? simd::load(at.c + r * at.c_stride + v * simd::lanes) : simd::zero();

    for (index_t k = 0; k < depth; ++k, b += at.b_step) {
        simd::floats w[columns];
#pragma GCC unroll 16
        for (int p = 0; p < Panels; ++p) {
            if constexpr (Ahead > 0) __builtin_prefetch(b + p * at.b_panel + Ahead);
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) w[p * Vectors + v] = simd::load(b + p * at.b_panel + v * simd::lanes);
        }
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const auto x = simd::broadcast<simd::floats>(a[r * at.a_stride + k]);
#pragma GCC unroll 16
            for (int v = 0; v < columns; ++v) sum[r][v] = simd::fmadd(x, w[v], sum[r][v]);
        }
    }

#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < columns; ++v) simd::store(sum[r][v], at.c + r * at.c_stride + v * simd::lanes);
}

}
