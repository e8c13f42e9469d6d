// Products of quantised activations with rows of weight blocks: straight from the file for one row, through panels for
// more.
#pragma once

#include <algorithm>

#include "tessera/gemm/kernel/block_panel.hpp"
#include "tessera/gemm/kernel/dot.hpp"
#include "tessera/quant/activations.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// y[0, n …] for `lanes` rows of weights and one row of activations. (Flattened: a call in the loop would cost a spill
// of every register.)
template <quant::format F>
[[gnu::flatten]] simd::floats block_columns(const lane_rows<F>& w, index_t blocks, const quant::activations& x) {
    const std::int8_t* q = x.q;
    simd::floats sum = simd::zero();
    index_t at = 0;  // group
    for (index_t b = 0; b < blocks; ++b) {
        const quant::lane_scales<F> scales = w.scales(b);
#pragma GCC unroll 8
        for (index_t g = 0; g < quant::block_groups<F>; ++g, ++at, q += 32) {
            w.prefetch(at);
            simd::bytes codes[dot::lanes];
            w.codes(b, g, codes);
            simd::ints dots[2];
            dot::dot_rows<F::kind>(codes, q, dots);
            const group_activations a{x.scales[at], x.sums[at], x.code_sums + 2 * at};
            if constexpr (F::kind.span == 16) {
                sum = add_span<F::kind>(sum, dots[0], a, 0, scales.scale[2 * g]);
                sum = add_span<F::kind>(sum, dots[1], a, 1, scales.scale[2 * g + 1]);
            } else {
                sum = add_span<F::kind>(sum, dots[0] + dots[1], a, 0, scales.scale[g]);
            }
            if constexpr (F::kind.has_base) sum = add_base(sum, a, scales.base[g]);
        }
    }
    return sum;
}

// Rows of activations from x times one panel, added to what y holds when go_on.
template <code_kind Kind, int Tile>
void panel_times_rows(const block_panel<Kind>& p, const quant::activations& x, index_t group, view<float> y,
                      bool go_on) {
    index_t r = 0;
    for (; r + Tile <= x.rows; r += Tile) panel_times_tile<Kind, Tile>(p, x, r, group, y, go_on);
    if constexpr (Tile > 1) {
        if (r < x.rows) panel_times_rows<Kind, Tile / 2>(p, x.slice({r, x.rows}), group, y.slice({r, x.rows}), go_on);
    }
}

// Up to here unpacking the weights once per row is quicker than through a panel.
inline constexpr index_t unpacked_rows = 2;

// As many rows of activations as should stay in the second-level cache while the weights go by.
inline index_t row_block(index_t inputs) {
    constexpr index_t bytes = 256 * 1024;
    return std::max<index_t>(32, bytes / (inputs + inputs / 2) / 32 * 32);
}

// y[r, n] = Σ_k x[r, k] · W[n, k] for `columns` rows of W, `stride` blocks apart.
template <quant::format F>
void block_product(const typename F::block* w, index_t stride, index_t columns, const quant::activations& x,
                   view<float> y) {
    const index_t blocks = x.inputs / quant::block_elements<F>;
    const auto tile_at = [&](index_t n) { return lane_rows<F>(w + n * stride, stride, columns - n); };
    if (blocks == 0) {
        for (index_t r = 0; r < x.rows; ++r) std::fill_n(y.data() + r * y.stride(0), columns, 0.0f);
        return;
    }
    if (x.rows <= unpacked_rows) {
        for (index_t n = 0; n < columns; n += dot::lanes)
            for (index_t r = 0; r < x.rows; ++r) {
                const simd::floats sum = block_columns<F>(tile_at(n), blocks, x.slice({r, r + 1}));
                store_columns(sum, y.data() + r * y.stride(0) + n, columns - n);
            }
        return;
    }
    constexpr index_t panel_blocks = block_panel<F::kind>::most_groups / quant::block_groups<F>;
    block_panel<F::kind> panel;
    const index_t rows_at_once = row_block(x.inputs);
    for (index_t r = 0; r < x.rows; r += rows_at_once) {
        const range rows{r, std::min(x.rows, r + rows_at_once)};
        for (index_t n = 0; n < columns; n += dot::lanes) {
            const view<float> part = y.slice(rows).columns({n, std::min(columns, n + dot::lanes)});
            for (index_t b = 0; b < blocks; b += panel_blocks) {
                panel.template fill<F>(tile_at(n), {b, std::min(blocks, b + panel_blocks)});
                panel_times_rows<F::kind, dot::row_tile>(panel, x.slice(rows), b * quant::block_groups<F>, part, b > 0);
            }
        }
    }
}

}
