// The two products of attention over one key block, for any number of rows: S = Q·Kᵀ and O = P·V.
#pragma once

#include "tessera/core/key_blocks.hpp"
#include "tessera/gemm/blocking.hpp"
#include "tessera/gemm/kernel/tile.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Products run over units of 16 columns: one panel of keys, or 16 elements of the values.
inline constexpr int unit_vectors = int(key_lanes / simd::lanes);
static_assert(key_lanes % simd::lanes == 0 && value_unit == key_lanes);

inline constexpr int accumulators = gemm::register_tile.rows * gemm::register_tile.vectors;
// Rows that one register tile takes, and the units that it spans when it has so many rows.
inline constexpr int tile_height = std::min(gemm::register_tile.rows, accumulators / unit_vectors);
constexpr int units_at_once(index_t rows) {
    const index_t most = accumulators / (rows * unit_vectors);
    return most >= 4 ? 4 : most >= 2 ? 2 : 1;
}

// c[rows, units · 16] = a[rows, depth] · b, each element one chain over the depth, from 0 or from what c holds (go_on).
template <class T>
struct product {
    gemm::kernel::tile_operands<T> at;  // with b_panel from unit to unit
    index_t depth;
    bool go_on;
};

template <int Rows, class T>
void multiply_units(product<T> p, index_t units) {
    constexpr int wide = units_at_once(Rows);
    for (; units >= wide; units -= wide, p.at.b += wide * p.at.b_panel, p.at.c += wide * key_lanes)
        gemm::kernel::tile<Rows, wide, unit_vectors>(p.at, p.depth, p.go_on);
    if constexpr (wide > 1)
        for (; units > 0; --units, p.at.b += p.at.b_panel, p.at.c += key_lanes)
            gemm::kernel::tile<Rows, 1, unit_vectors>(p.at, p.depth, p.go_on);
}

// 1 <= rows <= tile_height.
template <int Rows = tile_height, class T>
void multiply(const product<T>& p, index_t rows, index_t units) {
    if constexpr (Rows > 0) {
        if (rows == Rows) return multiply_units<Rows>(p, units);
        multiply<Rows - 1>(p, rows, units);
    }
}

// scores[rows, units · 16] of queries [rows, key_dim] against `units` panels of keys.
template <class T>
void score_product(const float* q, index_t rows, index_t key_dim, const T* panels, index_t units, float* scores,
                   index_t score_stride) {
    multiply<tile_height, T>({{.a = q,
                               .a_stride = key_dim,
                               .b = panels,
                               .b_step = key_lanes,
                               .b_panel = key_lanes * key_dim,
                               .c = scores,
                               .c_stride = score_stride},
                              key_dim,
                              false},
                             rows, units);
}

// o[rows, units · 16] (+)= Σ over n places of weights[row, place] · values[place], of which rows are `stride` apart.
template <class T>
void value_product(const float* weights, index_t weight_stride, index_t rows, const T* values, index_t stride,
                   index_t n, index_t units, float* o, index_t o_stride, bool go_on) {
    multiply<tile_height, T>({{.a = weights,
                               .a_stride = weight_stride,
                               .b = values,
                               .b_step = stride,
                               .b_panel = value_unit,
                               .c = o,
                               .c_stride = o_stride},
                              n,
                              go_on},
                             rows, units);
}

}
