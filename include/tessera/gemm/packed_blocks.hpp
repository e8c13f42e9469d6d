// The product of quantised activations with a weight in a block format, packed with its rows in lanes.
#pragma once

#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/gemm/kernel/block_product.hpp"
#include "tessera/gemm/weight_memory.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// W [outputs, inputs] in tiles of a few rows, as many bytes as in the file.
//
// Row invariance: y[r, n] is one chain over the groups of 32 inputs in order, each adding scale · Σ q · code, whose
// integer sum is exact, and then the group's base; neither the number of rows nor the cut of the columns enters.
template <quant::format F>
class packed_blocks {
public:
    packed_blocks() = default;

    // A matrix in format F of whole blocks whose bytes are all there; its rows in another order, or some of them, if
    // `order` is not empty.
    explicit packed_blocks(const quant::stored_tensor& w, std::span<const index_t> order = {},
                           weight_memory memory = {})
        : outputs_(order.empty() ? w.rows() : index_t(order.size())), inputs_(w.columns()) {
        assert(w.format == F::id && w.rank == 2 && index_t(w.bytes.size()) == w.rows() * w.row_bytes());
        tiles_ = memory.take(ceil_div(outputs_, tile_rows) * tile::bytes_for(row_blocks()));
        for (index_t n = 0; n < outputs_; n += tile_rows) {
            const block* rows[tile_rows];  // the last one stands in for those that are missing
            for (index_t l = 0; l < tile_rows; ++l) {
                const index_t row = std::min(n + l, outputs_ - 1);
                rows[l] = reinterpret_cast<const block*>(w.row(order.empty() ? row : order[std::size_t(row)]).data());
            }
            tile::pack(rows, row_blocks(), tiles_.data + n / tile_rows * tile::bytes_for(row_blocks()));
        }
    }

    index_t outputs() const { return outputs_; }
    index_t inputs() const { return inputs_; }
    index_t bytes() const { return tiles_.size; }

    // y[r, n − columns.begin] = Σ_k x[r, k] · W[n, k] for all rows of x and n in columns, which begin at a multiple of
    // tile_rows, over the first x.inputs inputs (a multiple of the block).
    void multiply(const quant::activations& x, range columns, view<float> y) const noexcept {
        assert(x.inputs <= inputs_ && x.inputs % quant::block_elements<F> == 0);
        assert(columns.begin >= 0 && columns.begin % tile_rows == 0 && columns.end <= outputs_ && y.stride(1) == 1);
        assert(y.extent(0) >= x.rows && y.extent(1) >= columns.size());
        kernel::block_product<F>(tiles_.data + columns.begin / tile_rows * tile::bytes_for(row_blocks()), row_blocks(),
                                 columns.size(), x, y);
    }

    static constexpr index_t tile_rows = kernel::dot::lanes;

private:
    using block = typename F::block;
    using tile = kernel::packed_tile<F>;

    index_t row_blocks() const { return inputs_ / quant::block_elements<F>; }

    index_t outputs_ = 0;
    index_t inputs_ = 0;
    weight_bytes tiles_;
};

}
