// A learned vector for each position, added to the embedding.
#pragma once

#include <cassert>
#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::position {

struct learned {
    tensor<float> table;  // [positions + offset, width]
    index_t offset = 0;   // rows before that of position 0 (OPT: 2)

    // x[r] += table[positions[r] + offset]. x: [rows, width], or narrower than the table.
    void add(view<float> x, std::span<const std::int32_t> positions) const {
        assert(index_t(positions.size()) == x.extent(0) && x.extent(1) <= table.extent(1));
        for (std::int32_t p : positions)
            if (p < 0 || p + offset >= table.extent(0))
                throw error(errc::argument, "the position has no learned vector",
                            {.subject = "position",
                             .expected = "0 to " + std::to_string(table.extent(0) - offset - 1),
                             .found = std::to_string(p)});
        for (index_t r = 0; r < x.extent(0); ++r) {
            float* row = x.data() + r * x.stride(0);
            const float* with = table.data() + (positions[std::size_t(r)] + offset) * table.extent(1);
            simd::map(row, with, row, x.extent(1), [](simd::floats a, simd::floats b) { return a + b; });
        }
    }
};

}
