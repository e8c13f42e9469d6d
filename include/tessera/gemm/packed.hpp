// Plain weights in panels: the outputs of a panel lie side by side for each input, in the element type of the file.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "tessera/core/tensor.hpp"
#include "tessera/gemm/blocking.hpp"
#include "tessera/gemm/kernel/tile.hpp"
#include "tessera/gemm/weight_memory.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// A matrix [outputs, inputs] as it lies somewhere: any strides (in bytes), any alignment, rows in any order.
struct stored_matrix {
    const std::byte* data;
    index_t outputs, inputs;
    index_t output_stride, input_stride;
    std::span<const index_t> order{};  // row of the source for each output; empty: as they lie

    const std::byte* row(index_t output) const {
        return data + (order.empty() ? output : order[std::size_t(output)]) * output_stride;
    }
};

template <class T>
class packed {
public:
    packed() = default;
    explicit packed(const stored_matrix& source, weight_memory memory = {})
        : outputs_(source.outputs),
          inputs_(source.inputs),
          panels_(memory.take(round_up(source.outputs, panel_width) * source.inputs * index_t(sizeof(T)))) {
        for (index_t n = 0; n < outputs_; n += panel_width) pack_panel(source, n);
    }

    index_t outputs() const { return outputs_; }
    index_t inputs() const { return inputs_; }
    index_t bytes() const { return panels_.size; }

    // c = x · Wᵀ for the outputs in `columns`, which begin at a panel; x may be narrower than W. c has room for whole
    // panels.
    void multiply(view<const float> x, range columns, view<float> c) const {
        if (x.extent(0) <= register_tile.rows) {
            few_rows(x, columns, c);
        } else {
            many_rows(x, columns, c);
        }
    }

private:
    void pack_panel(const stored_matrix& source, index_t first) {
        constexpr index_t block = 16;  // inputs at a time, so that the lines of panel_width rows stay in the cache
        const index_t width = std::min(panel_width, outputs_ - first);
        T* const panel = this->panel(first);
        if (width < panel_width) std::fill_n(panel, panel_width * inputs_, T{});
        for (index_t k = 0; k < inputs_; k += block) {
            const index_t end = std::min(k + block, inputs_);
            for (index_t n = 0; n < width; ++n) {
                const std::byte* const row = source.row(first + n);
                for (index_t i = k; i < end; ++i)
                    std::memcpy(panel + i * panel_width + n, row + i * source.input_stride, sizeof(T));
            }
        }
    }

    T* panel(index_t column) const { return reinterpret_cast<T*>(panels_.data) + column * inputs_; }

    // Each panel is read once: several at a time, the whole depth in one go.
    void few_rows(view<const float> x, range columns, view<float> c) const {
        const range rows{0, x.extent(0)};
        for (index_t n = columns.begin; n < columns.end;) {
            const index_t left = ceil_div(columns.end - n, panel_width);
            const int most = panels_at_once(int(rows.size())), panels = left >= most             ? most
                                                                        : left >= 2 && most >= 2 ? 2
                                                                                                 : 1;
            run_tile(x, n, rows, {0, x.extent(1)}, panels, {0, 1}, c.data() + (n - columns.begin), c.stride(0));
            n += panels * panel_width;
        }
    }

    // A part of a panel's depth stays in the first-level cache while the rows pass by.
    void many_rows(view<const float> x, range columns, view<float> c) const {
        const index_t depth = x.extent(1), tiles = ceil_div(x.extent(0), index_t(register_tile.rows));
        for (index_t k = 0; k == 0 || k < depth; k += depth_block)
            for (index_t n = columns.begin; n < columns.end; n += panel_width)
                for (index_t t = 0; t < tiles; ++t) {
                    const range rows = share_of(x.extent(0), 1, t, tiles);
                    run_tile(x, n, rows, {k, std::min(k + depth_block, depth)}, 1, {t, tiles},
                             c.data() + rows.begin * c.stride(0) + (n - columns.begin), c.stride(0));
                }
    }

    // Tile number turn.begin of turn.end on the same panels; together they fetch the panels after these.
    void run_tile(view<const float> x, index_t column, range rows, range depth, int panels, range turn, float* c,
                  index_t stride) const {
        const T* const b = panel(column) + depth.begin * panel_width;
        const index_t next_step = panel_width / turn.end;
        const T* const next = b + panels * panel_width * inputs_ + turn.begin * next_step * depth.size();
        const kernel::tile_operands<T> at{x.data() + rows.begin * x.stride(0) + depth.begin,
                                          x.stride(0),
                                          b,
                                          panel_width,
                                          panel_width * inputs_,
                                          c,
                                          stride,
                                          next,
                                          next_step};
        tiles_[std::size_t(panels / 2)][std::size_t(rows.size() - 1)](at, depth.size(), depth.begin > 0);
    }

    // --- the micro-kernels by 1, 2 or 4 panels and by rows; none where a tile would not fit the registers ---
    using tile_function = void (*)(const kernel::tile_operands<T>&, index_t, bool);

    // One or two rows already ask for weights as fast as they arrive: fetching ahead would only be in the way.
    template <int Rows, int Panels>
    static constexpr tile_function tile_for() {
        if constexpr (Panels <= panels_at_once(Rows)) {
            return &kernel::tile<Rows, Panels, register_tile.vectors, (Rows > 2), T>;
        } else {
            return nullptr;
        }
    }
    template <int Panels, int... R>
    static constexpr std::array<tile_function, sizeof...(R)> tiles_of(std::integer_sequence<int, R...>) {
        return {tile_for<R + 1, Panels>()...};
    }
    static constexpr auto each_row_count = std::make_integer_sequence<int, register_tile.rows>{};
    static constexpr std::array<std::array<tile_function, register_tile.rows>, 3> tiles_{
        tiles_of<1>(each_row_count), tiles_of<2>(each_row_count), tiles_of<4>(each_row_count)};

    index_t outputs_ = 0, inputs_ = 0;
    weight_bytes panels_;  // [panels][inputs][panel_width], the last one filled up with zeros
};

}
