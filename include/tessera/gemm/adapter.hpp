// What an adapter that is kept apart from the weights makes of a linear map (LoRA, Hu et al. 2021; DoRA, Liu et al.
// 2024), for the rows that use it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/gemm/packers.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// W x becomes factor · (W x + B (A x)). One without rank changes nothing.
class adapter {
public:
    adapter() = default;
    // a: [rank, inputs]; b: [outputs, rank], times the adapter's scale; factor: [outputs], a trained length of each row
    // over the one that it has; empty: ones. Throws errc::shape when a and b have not the same rank.
    adapter(const stored_matrix& a, const stored_matrix& b, tensor<float, 1> factor = {}, weight_memory memory = {})
        : down_(packers::plain(quant::storage::f32, a, memory)),
          up_(packers::plain(quant::storage::f32, b, memory)),
          factor_(std::move(factor)) {
        if (a.outputs != b.inputs)
            throw error(errc::shape, "the factors of an adapter do not fit each other",
                        {.expected = std::to_string(a.outputs), .found = std::to_string(b.inputs)});
    }

    index_t rank() const { return down_ ? down_->outputs() : 0; }
    index_t inputs() const { return down_ ? down_->inputs() : 0; }
    index_t outputs() const { return up_ ? up_->outputs() : 0; }
    index_t bytes() const { return (down_ ? down_->bytes() + up_->bytes() : 0) + factor_.bytes(); }

    // low = A x, in room for whole panels.
    void narrow(view<const float> x, view<float> low) const { down_->multiply({x}, {0, rank()}, low); }

    // sums, W x for the outputs in `columns`, becomes what those rows get; low: A x; room: as large as sums.
    void finish(view<const float> low, range columns, view<float> sums, view<float> room) const {
        up_->multiply({low.columns({0, rank()})}, columns, room);
        for (index_t r = 0; r < sums.extent(0); ++r) {
            float* const sum = &sums(r, 0);
            const index_t n = columns.size();
            simd::map(sum, &room(r, 0), sum, n, [](simd::floats w, simd::floats a) { return w + a; });
            if (factor_.size() == 0) continue;
            simd::map(sum, factor_.data() + columns.begin, sum, n,
                      [](simd::floats s, simd::floats f) { return s * f; });
        }
    }

private:
    std::unique_ptr<const packed_weight> down_, up_;
    tensor<float, 1> factor_;
};

// f(rows, number) for every run of rows that use the same adapter.
template <class F>
void for_each_adapter(view<const index_t, 1> of_rows, F f) {
    for (index_t begin = 0, end = 0; begin < of_rows.extent(0); begin = end) {
        while (end < of_rows.extent(0) && of_rows[end] == of_rows[begin]) ++end;
        if (of_rows[begin] != no_adapter) f(range{begin, end}, of_rows[begin]);
    }
}

}
