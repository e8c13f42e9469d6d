// Queries grow with the logarithm of their position, so that attention stays sharp in long texts (Llama 4).
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>
#include <span>

#include "tessera/core/view.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::position {

struct query_growth {
    float rate = 0.0f;   // 0: none
    index_t length = 1;  // positions to the next step

    float at(std::int32_t position) const { return 1.0f + rate * std::log(1.0f + float(position / length)); }

    // x: [rows, width], row r at positions[r].
    void apply(view<float> x, std::span<const std::int32_t> positions, exec::executor_ref run) const {
        assert(index_t(positions.size()) == x.extent(0));
        exec::for_rows(run, x.extent(0), x.extent(1), [&](index_t r) {
            float* row = x.data() + r * x.stride(0);
            const simd::floats factor(at(positions[std::size_t(r)]));
            simd::map(row, row, x.extent(1), [factor](simd::floats v) { return v * factor; });
        });
    }
};

}
