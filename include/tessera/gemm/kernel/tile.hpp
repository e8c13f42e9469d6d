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
    // Where the weights lie that are wanted next, and how far to go in them with each step; used with Prefetch.
    const T* next = nullptr;
    index_t next_step = 0;
};

// With `go_on` the chains continue from what c holds, so that a depth cut in parts gives the bits of the whole.
template <int Rows, int Panels, int Vectors, bool Prefetch = false, class T>
void tile(const tile_operands<T>& at, index_t depth, bool go_on) {
    constexpr int columns = Panels * Vectors;
    const T* b = at.b;
    [[maybe_unused]] const T* next = at.next;
    simd::floats sum[Rows][columns];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < columns; ++v)
            sum[r][v] = go_on ? simd::load(at.c + r * at.c_stride + v * simd::lanes) : simd::zero();

    // One pointer for three rows: the others are reached by an index, and the compiler is kept from deriving them anew.
    const float* row[(Rows + 2) / 3];
#pragma GCC unroll 16
    for (int g = 0; g < (Rows + 2) / 3; ++g) {
        row[g] = at.a + 3 * g * at.a_stride;
        asm("" : "+r"(row[g]));
    }
    // Two steps a turn: with two threads on a core it is the number of instructions that limits.
#pragma GCC unroll 2
    for (index_t k = 0; k < depth; ++k, b += at.b_step, next += at.next_step) {
        if constexpr (Prefetch) {
#pragma GCC unroll 16
            for (int p = 0; p < Panels; ++p) __builtin_prefetch(next + p * at.b_panel, 0, 2);
        }
        // The shorter side stays in registers while the other one passes by.
        simd::floats held[Rows < columns ? Rows : columns];
        if constexpr (Rows < columns) {
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) held[r] = simd::broadcast<simd::floats>(row[r / 3][r % 3 * at.a_stride]);
#pragma GCC unroll 16
            for (int v = 0; v < columns; ++v) {
                const simd::floats w = simd::load(b + v / Vectors * at.b_panel + v % Vectors * simd::lanes);
#pragma GCC unroll 16
                for (int r = 0; r < Rows; ++r) sum[r][v] = simd::fmadd(held[r], w, sum[r][v]);
            }
        } else {
#pragma GCC unroll 16
            for (int v = 0; v < columns; ++v)
                held[v] = simd::load(b + v / Vectors * at.b_panel + v % Vectors * simd::lanes);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                const auto x = simd::broadcast<simd::floats>(row[r / 3][r % 3 * at.a_stride]);
#pragma GCC unroll 16
                for (int v = 0; v < columns; ++v) sum[r][v] = simd::fmadd(x, held[v], sum[r][v]);
            }
        }
#pragma GCC unroll 16
        for (int g = 0; g < (Rows + 2) / 3; ++g) ++row[g];
    }

#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < columns; ++v) simd::store(sum[r][v], at.c + r * at.c_stride + v * simd::lanes);
}

}
