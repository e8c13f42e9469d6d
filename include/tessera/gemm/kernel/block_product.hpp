// Products of quantised activations with packed rows of weight blocks: straight from the tiles for few rows, through
// panels for more.
#pragma once

#include <algorithm>

#include "tessera/gemm/kernel/block_panel.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// Up to here unpacking the codes again for every two rows is quicker than through a panel.
inline constexpr index_t unpacked_rows = 4;

// As many rows of activations as should stay in the second-level cache while the weights go by.
inline index_t row_block(index_t inputs) {
    constexpr index_t bytes = 256 * 1024;
    return std::max<index_t>(32, bytes / (inputs + inputs / 2) / 32 * 32);
}

// y[r, n] = Σ_k x[r, k] · W[n, k] for `columns` rows of W, the first in lane 0 of the tile at `tiles`; all tiles have
// so many blocks, of which x may need fewer.
template <quant::format F>
void block_product(const std::byte* tiles, index_t blocks, index_t columns, const quant::activations& x,
                   view<float> y) {
    using tile = packed_tile<F>;
    const index_t groups = x.groups();
    const auto tile_at = [&](index_t n) { return tile(tiles + n / dot::lanes * tile::bytes_for(blocks), blocks); };
    const auto columns_at = [&](index_t n) { return range{n, std::min(columns, n + dot::lanes)}; };
    if (x.rows <= unpacked_rows) {
        for (index_t n = 0; n < columns; n += dot::lanes)
            multiply_rows<2>(tile_at(n), groups, x, 0, y.columns(columns_at(n)), false);
        return;
    }
    block_panel<F::kind> panel;
    const index_t rows_at_once = row_block(x.inputs);
    for (index_t r = 0; r < x.rows; r += rows_at_once) {
        const range rows{r, std::min(x.rows, r + rows_at_once)};
        for (index_t n = 0; n < columns; n += dot::lanes) {
            const view<float> part = y.slice(rows).columns(columns_at(n));
            for (index_t g = 0; g == 0 || g < groups; g += panel.most_groups) {
                const range some{g, std::min(groups, g + panel.most_groups)};
                panel.fill(tile_at(n), some);
                multiply_rows<dot::row_tile>(panel, some.size(), x.slice(rows), g, part, g > 0);
            }
        }
    }
}

}
