// The products y = x · Wᵀ of one x with any number of weights, in one parallel region.
#pragma once

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/gemm/adapted_rows.hpp"
#include "tessera/gemm/product.hpp"
#include "tessera/gemm/split.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

namespace detail {

inline void check(view<const float> x, const product& p) {
    const index_t rows = x.extent(0), inputs = x.extent(1), outputs = p.y.extent(1), unit = p.weight->input_unit();
    assert(x.empty() || x.stride(1) == 1);
    assert(p.y.empty() || p.y.stride(1) == 1);
    const auto text = [](index_t n) { return std::to_string(n); };
    if (p.y.extent(0) != rows)
        throw error(errc::shape, "a product has not the rows of its x",
                    {.expected = text(rows), .found = text(p.y.extent(0))});
    if (inputs > p.weight->inputs() || outputs > p.weight->outputs())
        throw error(errc::shape, "a product is larger than its weight",
                    {.expected = "at most " + text(p.weight->outputs()) + " × " + text(p.weight->inputs()),
                     .found = text(outputs) + " × " + text(inputs)});
    if (inputs % unit != 0)
        throw error(errc::unsupported, "a product takes part of a block of weights",
                    {.expected = "a multiple of " + text(unit) + " inputs", .found = text(inputs)});
}

// The rows of x quantised, or nothing where no weight needs them.
inline quant::activations codes_of(view<const float> x, std::span<const product> products, workspace& memory,
                                   exec::executor_ref run) {
    if (std::ranges::none_of(products, [](const product& p) { return p.weight->needs_codes(); })) return {};
    const auto codes = quant::activation_rows::take(memory, x.extent(0), x.extent(1));
    if (memory.is_measuring()) return codes;
    const auto quantise = [&](range rows, index_t) {
        for (index_t r = rows.begin; r < rows.end; ++r) codes.quantise_row(r, x.data() + r * x.stride(0));
    };
    if (x.size() < serial_work / 2) {
        quantise({0, x.extent(0)}, 0);
    } else {
        run.run(x.extent(0), 1, quantise);
    }
    return codes;
}

// Rows of one product, which begin at row `first` of y, through a piece of scratch that stays in the cache.
inline void multiply_columns(const operand& x, const product& p, index_t first, range columns, float* scratch,
                             const adapted_piece& adapted) {
    const index_t rows = x.x.extent(0);
    const index_t width = piece_floats / rows / column_unit * column_unit;
    for (index_t n = columns.begin; n < columns.end; n += width) {
        const range piece{n, std::min(n + width, columns.end)};
        const view<float> sums(scratch, {rows, round_up(piece.size(), column_unit)});
        p.weight->multiply(x, piece, sums);
        adapted.finish(*p.weight, piece, sums);
        p.after(sums, p.y, piece, first);
    }
}

}

// Workers take the same part of the columns of every product, products in order: an epilogue may read an earlier
// product's y at its own [row, column] when both have as many columns. Rows that use an adapter of a weight (see
// row_adapters) get what it makes of the product, before the epilogue.
inline void multiply(view<const float> x, std::span<const product> products, workspace& memory,
                     exec::executor_ref run) {
    index_t most_outputs = 0, work = 0;
    for (const product& p : products) {
        detail::check(x, p);
        most_outputs = std::max(most_outputs, p.y.extent(1));
        work += p.y.extent(1) * x.size();
    }
    const workspace::frame frame(memory);
    const split cut(x.extent(0), most_outputs, work, run.concurrency());
    float* const scratch = memory.take<float>(cut.parts() * piece_floats);
    const operand left{x, detail::codes_of(x, products, memory, run)};
    const adapted_rows adapted(x, products, cut.parts(), memory, run);
    if (memory.is_measuring()) return;

    const auto share = [&](range parts, index_t) {
        for (index_t part = parts.begin; part < parts.end; ++part)
            for_each_row_block(cut.row_part(part, x.extent(0)), [&](range rows) {
                const operand some = left.slice(rows);
                for (std::size_t i = 0; i < products.size(); ++i)
                    detail::multiply_columns(some, products[i], rows.begin,
                                             cut.column_part(part, products[i].y.extent(1)),
                                             scratch + part * piece_floats, adapted.piece(rows, i, part));
            });
    };
    if (cut.parts() == 1) {
        share({0, 1}, 0);
    } else {
        run.run(cut.parts(), 1, share);
    }
}
inline void multiply(view<const float> x, std::initializer_list<product> products, workspace& memory,
                     exec::executor_ref run) {
    multiply(x, std::span<const product>(products.begin(), products.size()), memory, run);
}

}
