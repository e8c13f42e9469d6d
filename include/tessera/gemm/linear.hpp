// One stored weight [outputs, inputs], whatever its format, and the products y = x · Wᵀ that share their x.
#pragma once

#include <cassert>
#include <initializer_list>
#include <span>
#include <string>
#include <variant>

#include "tessera/core/error.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/gemm/epilogue.hpp"
#include "tessera/gemm/packed.hpp"
#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

class linear {
public:
    linear() = default;

    // The tensor [outputs, inputs] of a file, or those rows of it in that order.
    static linear from(const quant::stored_tensor& t) { return from(t, range{0, checked(t).extent(0)}); }
    static linear from(const quant::stored_tensor& t, range rows) {
        const index_t row = checked(t).row_bytes();
        if (rows.begin < 0 || rows.end > t.extent(0)) throw no_such_row(t, rows.end);
        const auto part = t.bytes.subspan(std::size_t(rows.begin * row), std::size_t(rows.size() * row));
        return make(t.format, {part.data(), rows.size(), t.extent(1), row, element_bytes(t), {}});
    }
    static linear from(const quant::stored_tensor& t, std::span<const index_t> row_order) {
        for (index_t r : row_order)
            if (r < 0 || r >= checked(t).extent(0)) throw no_such_row(t, r);
        return make(t.format, {t.bytes.data(), index_t(row_order.size()), t.extent(1), t.row_bytes(), element_bytes(t),
                               row_order});
    }
    // The tensor [inputs, outputs] of a file.
    static linear from_transposed(const quant::stored_tensor& t) {
        if (quant::traits_of(checked(t).format).block_elements != 1)
            throw error(errc::unsupported, "blocks of weights cannot be transposed", {.found = format_name(t)});
        return make(t.format, {t.bytes.data(), t.extent(1), t.extent(0), element_bytes(t), t.row_bytes(), {}});
    }
    static linear from(view<const float> w) {
        constexpr index_t element = sizeof(float);
        return make(quant::storage::f32, {reinterpret_cast<const std::byte*>(w.data()),
                                          w.extent(0),
                                          w.extent(1),
                                          w.stride(0) * element,
                                          w.stride(1) * element,
                                          {}});
    }

    index_t outputs() const {
        return std::visit([](const auto& w) { return w.outputs(); }, weight_);
    }
    index_t inputs() const {
        return std::visit([](const auto& w) { return w.inputs(); }, weight_);
    }
    index_t bytes() const {
        return std::visit([](const auto& w) { return w.bytes(); }, weight_);
    }
    quant::storage format() const { return format_; }

    // c = x · Wᵀ for the outputs in `columns`, which begin at a multiple of column_unit; c has room for whole units.
    void multiply(view<const float> x, range columns, view<float> c) const {
        std::visit([&](const auto& w) { w.multiply(x, columns, c); }, weight_);
    }

private:
    static const quant::stored_tensor& checked(const quant::stored_tensor& t) {
        if (t.rank != 2)
            throw error(errc::shape, "a weight must be a matrix",
                        {.expected = "2 axes", .found = std::to_string(t.rank)});
        if (index_t(t.bytes.size()) != t.extent(0) * t.row_bytes())
            throw error(
                errc::shape, "a weight has not the bytes of its shape",
                {.expected = std::to_string(t.extent(0) * t.row_bytes()), .found = std::to_string(t.bytes.size())});
        return t;
    }
    static std::string format_name(const quant::stored_tensor& t) { return std::string(quant::name_of(t.format)); }
    static index_t element_bytes(const quant::stored_tensor& t) { return quant::traits_of(t.format).block_bytes; }
    static error no_such_row(const quant::stored_tensor& t, index_t row) {
        return {errc::shape,
                "a weight has no such row",
                {.expected = "at most " + std::to_string(t.extent(0)), .found = std::to_string(row)}};
    }

    static linear make(quant::storage format, const stored_matrix& source) {
        linear l;
        l.format_ = format;
        switch (format) {
            case quant::storage::f32: l.weight_ = packed<float>(source); break;
            case quant::storage::f16: l.weight_ = packed<f16>(source); break;
            case quant::storage::bf16: l.weight_ = packed<bf16>(source); break;
            default:
                throw error(
                    errc::unsupported, "no product runs on weights of this type",
                    {.expected = "f32, f16, bf16 or a block format", .found = std::string(quant::name_of(format))});
        }
        return l;
    }

    std::variant<packed<float>, packed<f16>, packed<bf16>> weight_;
    quant::storage format_ = quant::storage::f32;
};

// y = after(x · weightᵀ). A narrower x takes the first inputs of the weight, a narrower y its first outputs. What the
// epilogue sees of y is what y held before, so it may add to it.
struct product {
    const linear* weight;
    view<float> y;
    epilogue_ref after = no_epilogue;
};

namespace detail {

inline void check(view<const float> x, const product& p) {
    const index_t rows = x.extent(0), inputs = x.extent(1), outputs = p.y.extent(1);
    assert(x.empty() || x.stride(1) == 1);
    assert(p.y.empty() || p.y.stride(1) == 1);
    if (p.y.extent(0) != rows)
        throw error(errc::shape, "a product has not the rows of its x",
                    {.expected = std::to_string(rows), .found = std::to_string(p.y.extent(0))});
    if (inputs > p.weight->inputs() || outputs > p.weight->outputs())
        throw error(
            errc::shape, "a product is larger than its weight",
            {.expected = "at most " + std::to_string(p.weight->outputs()) + " × " + std::to_string(p.weight->inputs()),
             .found = std::to_string(outputs) + " × " + std::to_string(inputs)});
}

// How a region is cut: into parts of the columns, and of the rows where the columns do not suffice.
struct split {
    index_t columns = 1, rows = 1;

    split(index_t row_count, index_t depth, std::span<const product> products, index_t workers) {
        index_t units = 0, work = 0;
        for (const product& p : products) {
            units = std::max(units, ceil_div(p.y.extent(1), column_unit));
            work += row_count * p.y.extent(1) * depth;
        }
        if (work < serial_work || workers <= 1) return;
        columns = std::min(workers, units);
        rows = std::clamp(row_count / row_block, index_t(1), workers / columns);
    }
    index_t parts() const { return columns * rows; }
};

// Columns [columns) of rows [first, first + x.extent(0)) of one product, through a piece of scratch that fits the
// cache.
inline void multiply_share(view<const float> x, const product& p, index_t first, range columns, float* scratch) {
    const index_t rows = x.extent(0);
    const index_t width = piece_floats / rows / column_unit * column_unit;
    for (index_t n = columns.begin; n < columns.end; n += width) {
        const range piece{n, std::min(n + width, columns.end)};
        const view<float> sums(scratch, {rows, round_up(piece.size(), column_unit)});
        p.weight->multiply(x, piece, sums);
        p.after(sums, p.y, piece, first);
    }
}

}

// All products of one x in one parallel region. Workers take the same part of the columns of every product, products in
// order: an epilogue may read an earlier product's y at its own [row, column] when both have as many columns.
inline void multiply(view<const float> x, std::span<const product> products, workspace& memory,
                     exec::executor_ref run) {
    for (const product& p : products) detail::check(x, p);
    const workspace::frame frame(memory);
    const detail::split cut(x.extent(0), x.extent(1), products, run.concurrency());
    float* const scratch = memory.take<float>(cut.parts() * piece_floats);
    if (memory.is_measuring() || x.extent(0) == 0) return;

    const auto work = [&](range parts, index_t) {
        for (index_t part = parts.begin; part < parts.end; ++part) {
            const range rows = share_of(x.extent(0), 1, part / cut.columns, cut.rows);
            const index_t blocks = ceil_div(rows.size(), row_block);
            for (index_t b = 0; b < blocks; ++b) {
                const range block = share_of(rows.size(), register_tile.rows, b, blocks);
                const view<const float> some = x.slice({rows.begin + block.begin, rows.begin + block.end});
                for (const product& p : products)
                    detail::multiply_share(some, p, rows.begin + block.begin,
                                           share_of(p.y.extent(1), column_unit, part % cut.columns, cut.columns),
                                           scratch + part * piece_floats);
            }
        }
    };
    if (cut.parts() == 1) {
        work(range{0, 1}, 0);
    } else {
        run.run(cut.parts(), 1, work);
    }
}
inline void multiply(view<const float> x, std::initializer_list<product> products, workspace& memory,
                     exec::executor_ref run) {
    multiply(x, std::span<const product>(products.begin(), products.size()), memory, run);
}

}
