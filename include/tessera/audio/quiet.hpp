// Where a sound may be cut: at its quietest.
#pragma once

#include <span>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::audio {

// The middle of the stretch of `width` samples within `within` whose sum of squares is the smallest, the first of
// equals. within: a part of x that is no shorter than width.
inline index_t quietest(std::span<const float> x, range within, index_t width) {
    const auto square = [&](index_t i) { return double(x[std::size_t(i)]) * double(x[std::size_t(i)]); };
    double sum = 0.0;
    for (index_t i = within.begin; i < within.begin + width; ++i) sum += square(i);
    double least = sum;
    index_t best = within.begin;
    for (index_t i = within.begin; i + width < within.end; ++i) {
        sum += square(i + width) - square(i);
        if (sum < least) {
            least = sum;
            best = i + 1;
        }
    }
    return best + width / 2;
}

}
