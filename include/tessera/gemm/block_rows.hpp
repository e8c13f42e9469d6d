// The product of quantised activations with a weight in a block format, read as it lies in the file.
#pragma once

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/view.hpp"
#include "tessera/gemm/kernel/block_product.hpp"
#include "tessera/quant/activations.hpp"
#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// W [outputs, inputs] in rows of F's blocks; whoever owns the bytes must outlive it.
//
// Row invariance: y[r, n] is one chain over the groups of 32 inputs in order, each adding scale · Σ q · code, whose
// integer sum is exact, and then the group's base; neither the number of rows nor the cut of the columns enters.
template <quant::format F>
class block_rows {
public:
    block_rows() = default;

    // Throws unless w is a matrix in format F whose rows are whole blocks and whose bytes are all there.
    static block_rows from(const quant::stored_tensor& w) {
        const auto text = [](auto n) { return std::to_string(n); };
        const std::string name(quant::name_of(F::id));
        if (w.format != F::id)
            throw error(errc::type, "the weight has another format",
                        {.expected = name, .found = std::string(name_of(w.format))});
        if (w.rank != 2)
            throw error(errc::shape, "the weight is no matrix", {.expected = "rank 2", .found = text(w.rank)});
        if (w.columns() % quant::block_elements<F> != 0)
            throw error(errc::shape, "the rows of the weight are not whole blocks",
                        {.expected = "a multiple of " + text(quant::block_elements<F>), .found = text(w.columns())});
        const index_t needed = w.rows() * w.row_bytes();
        if (index_t(w.bytes.size()) != needed)
            throw error(errc::format, "the weight has another size in bytes",
                        {.expected = text(needed), .found = text(w.bytes.size())});
        block_rows b;
        b.blocks_ = reinterpret_cast<const block*>(w.bytes.data());
        b.outputs_ = w.rows();
        b.inputs_ = w.columns();
        return b;
    }

    index_t outputs() const { return outputs_; }
    index_t inputs() const { return inputs_; }
    index_t bytes() const { return outputs_ * row_blocks() * index_t(sizeof(block)); }

    // y[r, n − columns.begin] = Σ_k x[r, k] · W[n, k] for all rows of x and n in columns, over the first x.inputs
    // inputs (a multiple of the block).
    void multiply(const quant::activations& x, range columns, view<float> y) const noexcept {
        assert(x.inputs <= inputs_ && x.inputs % quant::block_elements<F> == 0);
        assert(columns.begin >= 0 && columns.end <= outputs_ && y.stride(1) == 1);
        assert(y.extent(0) >= x.rows && y.extent(1) >= columns.size());
        kernel::block_product<F>(blocks_ + columns.begin * row_blocks(), row_blocks(), columns.size(), x, y);
    }

private:
    using block = typename F::block;

    index_t row_blocks() const { return inputs_ / quant::block_elements<F>; }

    const block* blocks_ = nullptr;
    index_t outputs_ = 0;
    index_t inputs_ = 0;
};

}
