// How large the tiles and blocks of a product are, for each instruction set.
#pragma once

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// A tile keeps rows × vectors accumulators in registers, beside `vectors` of the weights and one broadcast element of
// x.
struct tile_shape {
    int rows;
    int vectors;
};
constexpr tile_shape shape_of(simd::generic) {
    return {4, 2};
}  // 16 registers; multiplying without fusing needs one more
constexpr tile_shape shape_of(simd::avx2) { return {6, 2}; }  // 12 + 2 + 1 of 16
constexpr tile_shape shape_of(simd::avx512) {
    return {12, 2};
}  // 24 + 2 of 32, the element of x comes with the instruction
constexpr tile_shape shape_of(simd::neon64) { return {6, 4}; }  // 24 + 4 + 2 of 32

inline constexpr tile_shape register_tile = shape_of(simd::isa{});

// Weights lie in panels of this many outputs, side by side for each input.
inline constexpr index_t panel_width = register_tile.vectors * simd::lanes;

// Workers share out the outputs of a product in multiples of this, whatever the stored format.
inline constexpr index_t column_unit = panel_width > 16 ? panel_width : 16;

// With few rows a tile spans several panels, so that enough independent sums are under way to hide the latency of one.
constexpr int panels_at_once(int rows) {
    const int most = register_tile.rows / rows;
    return most >= 4 ? 4 : most >= 2 ? 2 : 1;
}

// Inputs taken at a time when many rows reuse a panel: enough for the start of a tile not to matter, few enough for
// rows × inputs of x, and the panel, to stay in the second-level cache.
inline constexpr index_t depth_block = 768;

// Rows taken at a time, a multiple of every register tile.
inline constexpr index_t row_block = 96;

// Finished sums wait for their epilogue in a piece of this many floats, within the caches nearest to the core.
inline constexpr index_t piece_floats = row_block * 64;

// Below this many multiply-adds a product is not worth waking other workers.
inline constexpr index_t serial_work = index_t(1) << 16;

}
