// The adapters' part of products: A x once for all rows that use an adapter, B (A x) wherever a piece of W x is ready.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/gemm/product.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// The rows of a piece of one product.
//
// Row invariance: both products are packed ones, whose rows do not depend on one another; so neither do the runs in
// which they are taken.
struct adapted_piece {
    view<const index_t, 1> adapters{};  // [rows]; empty: none uses any
    view<const float> low{};            // [rows, largest rank]: A x of those that do
    float* room = nullptr;              // piece_floats

    void finish(const linear& weight, range columns, view<float> sums) const {
        for_each_adapter(adapters, [&](range rows, index_t number) {
            const adapter* a = weight.adapter_of(number);
            if (a == nullptr) return;
            const view<float> some = sums.slice(rows);
            a->finish(low.slice(rows), columns, some, {room, some.extents()});
        });
    }
};

// A x of the rows of x, for each of some products side by side, and room for what workers make of it; in memory of the
// caller's frame. Nothing when no row uses an adapter that one of the weights has.
class adapted_rows {
public:
    // Throws errc::argument when the adapters of other rows than these are known.
    adapted_rows(view<const float> x, std::span<const product> products, index_t parts, workspace& memory,
                 exec::executor_ref run) {
        if (memory.adapters().empty()) return;
        for (const product& p : products) width_ = std::max(width_, round_up(p.weight->largest_rank(), panel_width));
        if (width_ == 0) return;
        adapters_ = checked(memory.adapters(), x.extent(0));
        low_ = memory.take<float>(x.extent(0), index_t(products.size()) * width_);
        room_ = memory.take<float>(parts * piece_floats);
        if (!memory.is_measuring()) narrow(x, products, run);
    }

    // Some rows of a product, for the worker with that part.
    adapted_piece piece(range rows, std::size_t product, index_t part) const {
        if (width_ == 0) return {};
        return {adapters_.slice(rows), low_of(product).slice(rows), room_ + part * piece_floats};
    }

private:
    static view<const index_t, 1> checked(view<const index_t, 1> adapters, index_t rows) {
        if (adapters.extent(0) == rows) return adapters;
        throw error(errc::argument, "adapters are known of other rows than those of a product",
                    {.expected = std::to_string(rows), .found = std::to_string(adapters.extent(0))});
    }

    view<float> low_of(std::size_t product) const {
        const index_t at = index_t(product) * width_;
        return low_.columns({at, at + width_});
    }

    void narrow(view<const float> x, std::span<const product> products, exec::executor_ref run) const {
        const auto share = [&](range rows, index_t) {
            for (std::size_t i = 0; i < products.size(); ++i)
                for_each_adapter(adapters_.slice(rows), [&](range some, index_t number) {
                    const adapter* a = products[i].weight->adapter_of(number);
                    if (a != nullptr) a->narrow(x.slice(rows).slice(some), low_of(i).slice(rows).slice(some));
                });
        };
        const index_t grain = serial_work / std::max<index_t>(1, x.extent(1) * low_.extent(1)) + 1;
        if (x.extent(0) <= grain) {
            share({0, x.extent(0)}, 0);
        } else {
            run.run(x.extent(0), grain, share);
        }
    }

    view<const index_t, 1> adapters_{};
    view<float> low_{};  // [rows, products · width]
    index_t width_ = 0;
    float* room_ = nullptr;
};

}
