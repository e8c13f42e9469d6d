// Parts of a model by the names their tensors have in a checkpoint.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/gemm/affine.hpp"
#include "tessera/io/source.hpp"
#include "tessera/models/kept_adapters.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/quant/any.hpp"

namespace tessera::inline TESSERA_ABI::models {

// All of them throw errc::missing, errc::shape or errc::unsupported, naming file and tensor.
class weights {
public:
    // adapters: kept apart of the linear maps among them; or none.
    explicit weights(const io::source_ref& source, std::shared_ptr<const kept_adapters> adapters = {})
        : source_(source), adapters_(std::move(adapters)) {}

    bool has(const std::string& name) const { return source_.find(name) != nullptr; }
    const quant::stored_tensor& stored(const std::string& name, index_t rows, index_t columns) const {
        return io::require(source_, name, rows, columns);
    }

    // A vector, converted to float: [n].
    tensor<float, 1> vector(const std::string& name, index_t n) const {
        const quant::stored_tensor& t = io::require(source_, name, n);
        tensor<float, 1> out({n});
        quant::decode_row(t.format, t.bytes.data(), out.data(), n);
        return out;
    }

    // A tensor of n elements, whatever its rank, as a vector.
    tensor<float, 1> elements(const std::string& name, index_t n) const {
        const quant::stored_tensor& t = io::require(source_, name);
        if (t.size() != n)
            throw error(errc::shape, "wrong shape",
                        {.file = source_.file_of(name),
                         .subject = name,
                         .expected = std::to_string(n) + " elements",
                         .found = std::to_string(t.size())});
        tensor<float, 1> out({n});
        quant::decode_row(t.format, t.bytes.data(), out.data(), n);
        return out;
    }

    // A tensor of one number, whatever its rank.
    float scalar(const std::string& name) const { return elements(name, 1)(0); }

    // A matrix, converted to float: [rows, columns].
    tensor<float> matrix(const std::string& name, index_t rows, index_t columns) const {
        const quant::stored_tensor& t = stored(name, rows, columns);
        tensor<float> out({rows, columns});
        for (index_t r = 0; r < rows; ++r) quant::decode_row(t.format, t.row(r).data(), &out(r, 0), columns);
        return out;
    }

    // A vector of rows · columns elements as a matrix.
    tensor<float> folded(const std::string& name, index_t rows, index_t columns) const {
        const tensor<float, 1> all = vector(name, rows * columns);
        tensor<float> out({rows, columns});
        std::copy_n(all.data(), all.size(), out.data());
        return out;
    }

    // A matrix row after row: [rows · columns].
    tensor<float, 1> flat(const std::string& name, index_t rows, index_t columns) const {
        const tensor<float> all = matrix(name, rows, columns);
        tensor<float, 1> out({rows * columns});
        std::copy_n(all.data(), all.size(), out.data());
        return out;
    }

    // The tensor [rows, columns], or one whose first two axes together are the rows, turned: [columns, rows].
    tensor<float> transposed_matrix(const std::string& name, index_t rows, index_t columns) const {
        const quant::stored_tensor& t = io::require(source_, name);
        const index_t first = t.rank == 3 && t.extent(0) > 0 && rows % t.extent(0) == 0 ? t.extent(0) : rows;
        const quant::stored_tensor& w =
            t.rank == 3 ? io::require(source_, name, first, rows / first, columns) : stored(name, rows, columns);
        tensor<float> out({columns, rows});
        std::vector<float> row(static_cast<std::size_t>(columns));
        const index_t bytes = columns > 0 && rows > 0 ? index_t(w.bytes.size()) / rows : 0;
        for (index_t r = 0; r < rows; ++r) {
            quant::decode_row(w.format, w.bytes.data() + r * bytes, row.data(), columns);
            for (index_t c = 0; c < columns; ++c) out(c, r) = row[std::size_t(c)];
        }
        return out;
    }

    // Throws errc::unsupported unless every tensor that an adapter changes has been read as linear maps.
    void require_adapted() const {
        if (adapters_ == nullptr) return;
        adapters_->each_tensor([&](const std::string& name) {
            if (!adapted_.contains(name))
                throw error(errc::unsupported, "no adapter of this tensor can be kept apart: it can be merged",
                            {.file = source_.file_of(name), .subject = name});
        });
    }

    // name.weight [outputs, inputs], and name.bias [outputs] if `biased`.
    gemm::affine affine(const std::string& name, index_t outputs, index_t inputs, bool biased) const {
        return part(name, {0, outputs}, outputs, inputs, biased);
    }

    // Some rows of a fused name.weight [all_outputs, inputs].
    gemm::affine part(const std::string& name, range rows, index_t all_outputs, index_t inputs, bool biased) const {
        const quant::stored_tensor& w = stored(name + ".weight", all_outputs, inputs);
        return named(name + ".weight", [&] {
            return with_bias(adapted(gemm::linear::from(w, rows, memory_), name + ".weight", each_of(rows)), name, rows,
                             all_outputs, biased);
        });
    }

    // Some rows of matrix `which` of name.weight [count, all_outputs, inputs].
    struct place {
        index_t which, count;
    };
    gemm::affine slice(const std::string& name, place at, range rows, index_t all_outputs, index_t inputs) const {
        return bare_slice(name + ".weight", at, rows, all_outputs, inputs);
    }
    gemm::affine bare_slice(const std::string& name, place at, range rows, index_t all_outputs, index_t inputs) const {
        const quant::stored_tensor one = matrix_of(name, at, all_outputs, inputs);
        return named(name, [&] { return gemm::affine(gemm::linear::from(one, rows, memory_)); });
    }

    // Every step-th of some columns of matrix `which` of name [count, inputs, all_outputs].
    gemm::affine transposed_slice(const std::string& name, place at, range columns, index_t step, index_t all_outputs,
                                  index_t inputs) const {
        const quant::stored_tensor one = matrix_of(name, at, inputs, all_outputs);
        return named(name, [&] { return gemm::affine(gemm::linear::from_transposed(one, columns, memory_, step)); });
    }

    // All of matrix `which` of name [count, inputs, outputs].
    gemm::affine transposed_slice(const std::string& name, place at, index_t outputs, index_t inputs) const {
        return transposed_slice(name, at, {0, outputs}, 1, outputs, inputs);
    }

    // Matrix `which` of name [count, rows, columns].
    quant::stored_tensor matrix_of(const std::string& name, place at, index_t rows, index_t columns) const {
        quant::stored_tensor one = io::require(source_, name, at.count, rows, columns);
        const std::size_t bytes = one.bytes.size() / std::size_t(at.count);
        one.bytes = one.bytes.subspan(std::size_t(at.which) * bytes, bytes);
        one.rank = 2;
        one.extents[0] = rows;
        one.extents[1] = columns;
        return one;
    }

    // A matrix that was put together in memory; `name` is what errors call it.
    gemm::affine made(const std::string& name, const quant::stored_tensor& t) const {
        return named(name, [&] { return gemm::affine(gemm::linear::from(t, memory_)); });
    }

    // The same, in the narrowest type that holds every number.
    gemm::affine narrowed(const std::string& name, const tensor<float>& w) const {
        if (holds<bf16>(w)) return made_as<bf16>(name, w, quant::storage::bf16);
        if (holds<f16>(w)) return made_as<f16>(name, w, quant::storage::f16);
        return made_as<float>(name, w, quant::storage::f32);
    }

    // The outermost extent of a tensor.
    index_t rows_of(const std::string& name) const { return io::require(source_, name).extent(0); }

    // Rows of a fused name.weight [all_outputs, inputs] in any order.
    gemm::affine rows(const std::string& name, std::span<const index_t> order, index_t all_outputs, index_t inputs,
                      bool biased) const {
        const quant::stored_tensor& w = stored(name + ".weight", all_outputs, inputs);
        gemm::affine map(named(
            name + ".weight", [&] { return adapted(gemm::linear::from(w, order, memory_), name + ".weight", order); }));
        if (!biased) return map;
        const tensor<float, 1> all = vector(name + ".bias", all_outputs);
        for (std::size_t i = 0; i < order.size(); ++i) map.b.data()[i] = all.data()[order[i]];
        return map;
    }

    // The tensor [outputs, channels, taps] of a convolution, as rows of as many rows of channels as there are taps, one
    // behind the other: [outputs, taps · channels].
    struct taps_shape {
        index_t outputs, channels, taps;
    };
    tensor<float> taps_of(const std::string& name, const taps_shape& s) const {
        const quant::stored_tensor& w = io::require(source_, name, s.outputs, s.channels, s.taps);
        tensor<float> turned({s.outputs, s.taps * s.channels});
        std::vector<float> row(static_cast<std::size_t>(s.taps * s.channels));
        const index_t bytes = index_t(w.bytes.size()) / s.outputs;
        for (index_t o = 0; o < s.outputs; ++o) {
            quant::decode_row(w.format, w.bytes.data() + o * bytes, row.data(), s.taps * s.channels);
            for (index_t c = 0; c < s.channels; ++c)
                for (index_t j = 0; j < s.taps; ++j) turned(o, j * s.channels + c) = row[std::size_t(c * s.taps + j)];
        }
        return turned;
    }

    // A convolution as a map of such rows.
    gemm::affine convolution(const std::string& name, const taps_shape& s, bool biased) const {
        gemm::affine map(gemm::linear::from(taps_of(name + ".weight", s)));
        if (biased) map.b = vector(name + ".bias", s.outputs);
        return map;
    }

    // name [outputs, channels, patch, patch] of a convolution whose steps are as long as its taps, as a map of patches.
    gemm::affine patches(const std::string& name, index_t outputs, index_t channels, index_t patch) const {
        quant::stored_tensor flat = io::require(source_, name, outputs, channels, patch, patch);
        flat.rank = 2;
        flat.extents[1] = channels * patch * patch;
        return made(name, flat);
    }

    // Some columns of name.weight [inputs, all_outputs], stored transposed as GPT-2's Conv1D does.
    gemm::affine transposed_part(const std::string& name, range columns, index_t all_outputs, index_t inputs) const {
        const quant::stored_tensor& w = stored(name + ".weight", inputs, all_outputs);
        return named(name + ".weight", [&] {
            return with_bias(
                adapted(gemm::linear::from_transposed(w, columns, memory_), name + ".weight", each_of(columns)), name,
                columns, all_outputs, true);
        });
    }

    // Some rows of name.weight [all_rows, columns] as a map from as many inputs to `columns` outputs.
    gemm::linear turned_rows(const std::string& name, range rows, index_t all_rows, index_t columns) const {
        quant::stored_tensor part = stored(name + ".weight", all_rows, columns);
        const std::size_t row = part.bytes.size() / std::size_t(all_rows);
        part.bytes = part.bytes.subspan(std::size_t(rows.begin) * row, std::size_t(rows.size()) * row);
        part.extents[0] = rows.size();
        return named(name + ".weight", [&] {
            return with_turned_adapters(gemm::linear::from_transposed(part, {0, columns}, memory_),
                                        changes_of(name + ".weight"), rows, memory_);
        });
    }

    // name [outputs, inputs] without a bias.
    gemm::affine bare(const std::string& name, index_t outputs, index_t inputs) const {
        return named(name, [&] {
            return gemm::affine(
                adapted(gemm::linear::from(stored(name, outputs, inputs), memory_), name, each_of({0, outputs})));
        });
    }

    // A tensor of bytes.
    template <class... Extents>
    std::span<const std::byte> bytes_of(const std::string& name, Extents... extents) const {
        const quant::stored_tensor& t = io::require(source_, name, extents...);
        if (t.format != quant::storage::u8)
            throw error(errc::unsupported, "wrong type",
                        {.file = source_.file_of(name),
                         .subject = name,
                         .expected = "u8",
                         .found = std::string(quant::name_of(t.format))});
        return t.bytes;
    }

    // Runs f and adds file and tensor to the error it may throw.
    template <class F>
    auto named(const std::string& name, F f) const -> decltype(f()) {
        try {
            return f();
        } catch (const error& e) {
            error_context context = e.context();
            if (context.file.empty()) context.file = source_.file_of(name);
            if (context.subject.empty()) context.subject = name;
            throw error(e.code(), e.problem(), std::move(context));
        }
    }

private:
    template <class T>
    static bool holds(const tensor<float>& w) {
        return std::all_of(w.flat().begin(), w.flat().end(), [](float x) { return float(T(x)) == x; });
    }
    template <class T>
    gemm::affine made_as(const std::string& name, const tensor<float>& w, quant::storage as) const {
        const std::vector<T> numbers(w.flat().begin(), w.flat().end());
        return made(name, {as, 2, {w.extent(0), w.extent(1)}, std::as_bytes(std::span(numbers))});
    }

    gemm::affine with_bias(gemm::linear w, const std::string& name, range rows, index_t all_outputs,
                           bool biased) const {
        if (!biased) return gemm::affine(std::move(w));
        const tensor<float, 1> all = vector(name + ".bias", all_outputs);
        tensor<float, 1> b({rows.size()});
        std::copy_n(all.data() + rows.begin, rows.size(), b.data());
        return {std::move(w), std::move(b)};
    }

    static std::vector<index_t> each_of(range some) {
        std::vector<index_t> all(static_cast<std::size_t>(some.size()));
        std::iota(all.begin(), all.end(), some.begin);
        return all;
    }
    // The map of those outputs of a tensor, with what each adapter makes of them.
    gemm::linear adapted(gemm::linear map, const std::string& name, std::span<const index_t> outputs) const {
        return with_adapters_of(std::move(map), changes_of(name), outputs, memory_);
    }
    std::span<const kept_factors> changes_of(const std::string& name) const {
        if (adapters_ == nullptr) return {};
        adapted_.insert(name);
        return adapters_->of(name);
    }

    io::source_ref source_;
    std::shared_ptr<const kept_adapters> adapters_;
    mutable std::set<std::string, std::less<>> adapted_;  // tensors whose adapters some map has
    gemm::weight_memory memory_ = gemm::weight_memory::shared();
};

}
