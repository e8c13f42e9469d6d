// Rows that are there already, put where a sublayer's result goes.
#pragma once

#include "tessera/gemm/affine.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// As multiply_into does with a product. y: the extents of to.y, and other memory.
inline void put_into(const destination& to, view<const float> y, exec::executor_ref run) {
    if (!to.accumulate) ops::fill(to.y, 0.0f);
    ops::add_scaled(to.y, y, to.factor, run);
}

}
