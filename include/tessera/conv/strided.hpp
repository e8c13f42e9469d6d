// A convolution over the rows of a sequence that takes every n-th place, as a matrix product of neighbouring rows.
#pragma once

#include <algorithm>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::conv {

// y[t] = activation(b + Σⱼ Wⱼ · x[stride · t + j - zeros_before]), where rows of x that do not exist are zero.
// Neighbouring rows lie one behind the other, so that what a row of y depends on is one longer row of x, which overlaps
// the next.
struct strided {
    gemm::affine map;  // [outputs, taps · channels]: W₀, then W₁ …
    index_t taps = 1, stride = 1;
    index_t zeros_before = 0, zeros_after = 0;  // rows
    ops::any_activation activation = ops::linear{};

    index_t channels() const { return map.inputs() / taps; }
    index_t outputs() const { return map.outputs(); }
    index_t bytes() const { return map.bytes(); }

    // What so many rows become. Throws errc::shape when they are fewer than the taps.
    index_t rows_of(index_t places) const {
        const index_t zeros = zeros_before + zeros_after;
        if (places + zeros < taps)
            throw error(errc::shape, "a convolution has too few rows",
                        {.expected = std::to_string(taps - zeros), .found = std::to_string(places)});
        return (places + zeros - taps) / stride + 1;
    }

    // x: [places, channels]; y: [rows_of(places), outputs].
    void operator()(view<const float> x, view<float> y, workspace& memory, exec::executor_ref run) const {
        const index_t rows = rows_of(x.extent(0));
        const workspace::frame scratch(memory);
        const view<const float> source = one_behind_the_other(x, memory);
        const view<const float> joined(source.data(), {rows, taps * channels()}, {stride * channels(), 1});
        ops::visit(activation, [&](auto act) {
            const auto after = map.bias() | act;
            gemm::multiply(joined, {{&map.weight, y, after}}, memory, run);
        });
    }

private:
    // x between its zeros, without gaps between rows, in memory of the caller's frame unless x is so.
    view<const float> one_behind_the_other(view<const float> x, workspace& memory) const {
        if (zeros_before + zeros_after == 0 && x.stride(0) == channels()) return x;
        const view<float> padded = memory.take<float>(x.extent(0) + zeros_before + zeros_after, channels());
        if (memory.is_measuring()) return padded;
        std::fill_n(padded.data(), padded.size(), 0.0f);
        for (index_t r = 0; r < x.extent(0); ++r)
            std::copy_n(x.data() + r * x.stride(0), channels(), &padded(zeros_before + r, 0));
        return padded;
    }
};

}
