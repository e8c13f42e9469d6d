// One stored weight [outputs, inputs], whatever its format: y = x · Wᵀ.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/gemm/operand.hpp"
#include "tessera/gemm/packers.hpp"
#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// Weights are copied, plain ones into panels and blocks into tiles, in the element type or format of the file.
class linear {
public:
    linear() = default;
    linear(linear&&) = default;
    linear& operator=(linear&&) = default;

    // The tensor [outputs, inputs] of a file, or some rows of it, or its rows in another order.
    static linear from(const quant::stored_tensor& t, weight_memory memory = {}) {
        return made(checked(t), {}, memory);
    }
    static linear from(const quant::stored_tensor& t, range rows, weight_memory memory = {}) {
        const std::size_t row = std::size_t(checked(t).row_bytes());
        if (rows.begin < 0 || rows.begin > rows.end || rows.end > t.extent(0)) throw no_such_row(t, rows.end);
        quant::stored_tensor part = t;
        part.extents[0] = rows.size();
        part.bytes = t.bytes.subspan(std::size_t(rows.begin) * row, std::size_t(rows.size()) * row);
        return from(part, memory);
    }
    static linear from(const quant::stored_tensor& t, std::span<const index_t> row_order, weight_memory memory = {}) {
        for (index_t r : row_order)
            if (r < 0 || r >= checked(t).extent(0)) throw no_such_row(t, r);
        return row_order.empty() ? from(t, range{}) : made(t, row_order, memory);
    }
    // The tensor [inputs, outputs] of a file, or those columns of it, or every few of them.
    static linear from_transposed(const quant::stored_tensor& t) {
        return from_transposed(t, range{0, checked(t).extent(1)});
    }
    static linear from_transposed(const quant::stored_tensor& t, range columns, weight_memory memory = {},
                                  index_t step = 1) {
        if (!is_plain(checked(t)))
            throw error(errc::unsupported, "blocks of weights cannot be transposed", {.found = name(t)});
        if (columns.begin < 0 || columns.begin > columns.end || columns.end > t.extent(1))
            throw error(errc::shape, "a weight has no such column",
                        {.expected = "at most " + std::to_string(t.extent(1)), .found = std::to_string(columns.end)});
        const index_t element = element_bytes(t), count = ceil_div(columns.size(), step);
        const stored_matrix turned{t.bytes.data() + columns.begin * element, count, t.extent(0), step * element,
                                   t.row_bytes()};
        return linear(packers::plain(t.format, turned, memory), t);
    }
    static linear from(view<const float> w) {
        constexpr index_t element = sizeof(float);
        linear l;
        l.weight_ = packers::plain(quant::storage::f32,
                                   {reinterpret_cast<const std::byte*>(w.data()), w.extent(0), w.extent(1),
                                    w.stride(0) * element, w.stride(1) * element},
                                   {});
        return l;
    }

    index_t outputs() const { return weight_ ? weight_->outputs() : 0; }
    index_t inputs() const { return weight_ ? weight_->inputs() : 0; }
    // Of the weights as they are read.
    index_t bytes() const { return weight_ ? weight_->bytes() : 0; }
    quant::storage format() const { return format_; }
    // A narrower x has a multiple of this many inputs.
    index_t input_unit() const { return quant::traits_of(format_).block_elements; }
    bool needs_codes() const { return input_unit() > 1; }

    // c = x · Wᵀ for the outputs in `columns`, which begin at a multiple of column_unit; c has room for whole units.
    void multiply(const operand& x, range columns, view<float> c) const { weight_->multiply(x, columns, c); }

private:
    static bool is_plain(const quant::stored_tensor& t) { return quant::traits_of(t.format).block_elements == 1; }
    static std::string name(const quant::stored_tensor& t) { return std::string(quant::name_of(t.format)); }
    static index_t element_bytes(const quant::stored_tensor& t) { return quant::traits_of(t.format).block_bytes; }
    static stored_matrix matrix(const quant::stored_tensor& t, std::span<const index_t> order) {
        const index_t rows = order.empty() ? t.extent(0) : index_t(order.size());
        return {t.bytes.data(), rows, t.extent(1), t.row_bytes(), element_bytes(t), order};
    }

    static const quant::stored_tensor& checked(const quant::stored_tensor& t) {
        const index_t unit = quant::traits_of(t.format).block_elements;
        if (t.rank != 2)
            throw error(errc::shape, "a weight must be a matrix",
                        {.expected = "2 axes", .found = std::to_string(t.rank)});
        if (t.extent(1) % unit != 0)
            throw error(errc::shape, "the rows of a weight are not whole blocks",
                        {.expected = "a multiple of " + std::to_string(unit), .found = std::to_string(t.extent(1))});
        if (index_t(t.bytes.size()) != t.extent(0) * t.row_bytes())
            throw error(
                errc::shape, "a weight has not the bytes of its shape",
                {.expected = std::to_string(t.extent(0) * t.row_bytes()), .found = std::to_string(t.bytes.size())});
        return t;
    }
    static error no_such_row(const quant::stored_tensor& t, index_t row) {
        return {errc::shape,
                "a weight has no such row",
                {.expected = "at most " + std::to_string(t.extent(0)), .found = std::to_string(row)}};
    }

    // All rows of t, or those in `order`.
    static linear made(const quant::stored_tensor& t, std::span<const index_t> order, const weight_memory& memory) {
        if (is_plain(t)) return linear(packers::plain(t.format, matrix(t, order), memory), t);
        return linear(packers::blocks(t, order, memory), t);
    }
    linear(std::unique_ptr<const packed_weight> weight, const quant::stored_tensor& t)
        : weight_(std::move(weight)), format_(t.format) {
        if (weight_ == nullptr) refuse(t);
    }
    [[noreturn]] static void refuse(const quant::stored_tensor& t) {
        throw error(errc::unsupported, "no product runs on weights of this type",
                    {.expected = "f32, f16, bf16 or a block format", .found = name(t)});
    }

    std::unique_ptr<const packed_weight> weight_;
    quant::storage format_ = quant::storage::f32;
};

}
