// A convolution over the rows of a sequence that takes every n-th place, as a matrix product of neighbouring rows.
#pragma once

#include <algorithm>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/ops/activation.hpp"

namespace tessera::inline TESSERA_ABI::conv {

// y[t] = activation(b + Σⱼ Wⱼ · x[stride · t + j - padding]), where rows of x that do not exist are zero. Neighbouring
// rows lie one behind the other, so that what a row of y depends on is one longer row of x, which overlaps the next.
struct strided {
    gemm::affine map;  // [outputs, taps · channels]: W₀, then W₁ …
    index_t taps = 1, stride = 1, padding = 0;
    ops::any_activation activation = ops::linear{};

    index_t channels() const { return map.inputs() / taps; }
    index_t outputs() const { return map.outputs(); }
    index_t rows_of(index_t places) const { return (places + 2 * padding - taps) / stride + 1; }
    index_t bytes() const { return map.bytes(); }

    // x: [places, channels]; y: [rows_of(places), outputs]. Throws errc::shape when x is shorter than the taps.
    void operator()(view<const float> x, view<float> y, workspace& memory, exec::executor_ref run) const {
        const index_t places = x.extent(0) + 2 * padding;
        if (places < taps)
            throw error(errc::shape, "a convolution has too few rows",
                        {.expected = std::to_string(taps - 2 * padding), .found = std::to_string(x.extent(0))});
        const workspace::frame scratch(memory);
        const view<float> padded = memory.take<float>(places, channels());
        if (!memory.is_measuring()) pad(x, padded);
        const view<const float> joined(padded.data(), {rows_of(x.extent(0)), taps * channels()},
                                       {stride * channels(), 1});
        ops::visit(activation, [&](auto act) {
            const auto after = map.bias() | act;
            gemm::multiply(joined, {{&map.weight, y, after}}, memory, run);
        });
    }

private:
    void pad(view<const float> x, view<float> padded) const {
        std::fill_n(padded.data(), padded.size(), 0.0f);
        for (index_t r = 0; r < x.extent(0); ++r)
            std::copy_n(x.data() + r * x.stride(0), channels(), &padded(padding + r, 0));
    }
};

}
