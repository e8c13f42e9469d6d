// What a linear map gets added to it as the product of two narrow ones (Hu et al. 2021): layers that share a map may
// each have their own.
#pragma once

#include "tessera/gemm/affine.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

struct low_rank {
    affine down, up;  // [rank, inputs] and [outputs, rank]

    index_t bytes() const { return down.bytes() + up.bytes(); }

    // y += up(down(x))
    void add(view<const float> x, view<float> y, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> low = memory.take<float>(x.extent(0), down.outputs());
        multiply_into({low}, x, down, memory, run);
        multiply_into({y, 1.0f, true}, low, up, memory, run);
    }
};

}
