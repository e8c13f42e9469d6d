// One of the products of a region: a weight, where the result goes and what happens to it on the way.
#pragma once

#include "tessera/gemm/epilogue.hpp"
#include "tessera/gemm/linear.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// y = after(x · weightᵀ). A narrower x takes the first inputs of the weight, a narrower y its first outputs. The
// epilogue may read what y held before.
struct product {
    const linear* weight;
    view<float> y;
    epilogue_ref after = no_epilogue;
};

}
