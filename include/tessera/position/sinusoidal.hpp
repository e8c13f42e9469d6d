// Sines and cosines of the position, added to the embedding (Vaswani et al. 2017).
#pragma once

#include <algorithm>
#include <cassert>
#include <span>
#include <vector>

#include "tessera/position/rope.hpp"

namespace tessera::inline TESSERA_ABI::position {

// The first half of a row gets the sines of place · frequency, the second half the cosines; place is the position and
// an offset.
struct sinusoidal {
    std::vector<float> frequencies;  // [width / 2], in radians per place
    std::int32_t offset = 0;
    std::int32_t blank = -1;  // the place that gets nothing: XGLM's has the number of its padding token

    // x: [rows, width]
    void add(view<float> x, std::span<const std::int32_t> positions) const {
        assert(index_t(positions.size()) == x.extent(0) && x.extent(1) == 2 * index_t(frequencies.size()));
        for (index_t r = 0; r < x.extent(0); ++r) {
            const std::int32_t place = positions[std::size_t(r)] + offset;
            if (place != blank) add(x.data() + r * x.stride(0), float(place));
        }
    }

private:
    void add(float* row, float place) const {
        const index_t half = index_t(frequencies.size());
        for (index_t i = 0; i < half; i += angles_at_once) {
            const index_t n = std::min(angles_at_once, half - i);
            float angle[angles_at_once] = {}, cos[angles_at_once], sin[angles_at_once];
            for (index_t l = 0; l < n; ++l) angle[l] = place * frequencies[std::size_t(i + l)];
            cos_sin(angle, cos, sin);
            for (index_t l = 0; l < n; ++l) {
                row[i + l] += sin[l];
                row[half + i + l] += cos[l];
            }
        }
    }
};

}
