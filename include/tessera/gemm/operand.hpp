// The left side of a product, and what every packed weight does with it.
#pragma once

#include "tessera/quant/activations.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// Rows of floats, and the same rows quantised where a weight in blocks needs them.
struct operand {
    view<const float> x;  // [rows, inputs]
    quant::activations codes{};

    operand slice(range rows) const { return {x.slice(rows), codes.q == nullptr ? codes : codes.slice(rows)}; }
};

// A weight [outputs, inputs] as its kernels read it.
class packed_weight {
public:
    virtual ~packed_weight() = default;
    virtual index_t outputs() const = 0;
    virtual index_t inputs() const = 0;
    virtual index_t bytes() const = 0;
    // c = x · Wᵀ for the outputs in `columns`, which begin at a multiple of column_unit; c has room for whole units.
    virtual void multiply(const operand& x, range columns, view<float> c) const = 0;
};

}
