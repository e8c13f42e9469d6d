// Depthwise causal convolution over the rows of a sequence, which remembers its last rows from pass to pass.
#pragma once

#include <algorithm>
#include <cassert>

#include "tessera/core/tensor.hpp"
#include "tessera/ops/activation.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::conv {

// y[t, c] = activation(bias[c] + Σⱼ weight[j, c] · x[t + j - (taps - 1), c])
struct causal {
    tensor<float> weight;   // [taps, channels]
    tensor<float, 1> bias;  // [channels]
    ops::any_activation activation = ops::linear{};

    index_t channels() const { return weight.extent(1); }
    // Floats of the rows that it remembers: [taps - 1, channels].
    index_t state() const { return (weight.extent(0) - 1) * channels(); }
    index_t bytes() const { return weight.bytes() + bias.bytes(); }

    // Some columns of one sequence; x becomes y. before, after: [taps - 1, channels], the rows before the first and
    // those up to the last; they are not the same memory.
    void operator()(view<float> x, const float* before, float* after, range columns) const {
        assert(x.extent(0) == 0 || x.stride(1) == 1);
        remember(x, before, after, columns);
        ops::visit(activation, [&](auto act) {
            for (index_t t = x.extent(0) - 1; t >= 0; --t)  // backwards: rows above are still x
                for (index_t c = columns.begin; c < columns.end; c += simd::lanes)
                    row(x, before, t, c, std::min(simd::lanes, columns.end - c), act);
        });
    }

private:
    // Row t of x, or of the rows before it when t is negative.
    const float* input(view<float> x, const float* before, index_t t) const {
        return t >= 0 ? x.data() + t * x.stride(0) : before + (t + weight.extent(0) - 1) * channels();
    }

    void remember(view<float> x, const float* before, float* after, range columns) const {
        const index_t kept = weight.extent(0) - 1;
        for (index_t i = 0; i < kept; ++i)
            std::copy_n(input(x, before, x.extent(0) - kept + i) + columns.begin, columns.size(),
                        after + i * channels() + columns.begin);
    }

    template <class Activation>
    void row(view<float> x, const float* before, index_t t, index_t c, index_t n, const Activation& act) const {
        const index_t taps = weight.extent(0);
        simd::floats sum = simd::load_up_to(bias.data() + c, n);
        for (index_t j = 0; j < taps; ++j)
            sum = simd::fmadd(simd::load_up_to(&weight(j, c), n),
                              simd::load_up_to(input(x, before, t + j - (taps - 1)) + c, n), sum);
        simd::store_up_to(act(sum), x.data() + t * x.stride(0) + c, n);
    }
};

}
