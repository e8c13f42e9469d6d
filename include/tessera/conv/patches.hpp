// A picture cut into squares that do not overlap, each as one row.
#pragma once

#include <algorithm>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::conv {

// How a picture lies in a matrix [channels · height, width], one channel after the other, and how large its patches
// are.
struct patch_grid {
    index_t channels, height, width, patch;

    index_t rows() const { return (height / patch) * (width / patch); }
    index_t inputs() const { return channels * patch * patch; }  // of a patch
};

// Throws errc::shape unless patches cover the picture.
inline void require_covered(const patch_grid& grid) {
    if (grid.patch >= 1 && grid.height % grid.patch == 0 && grid.width % grid.patch == 0) return;
    throw error(errc::shape, "patches do not cover the picture",
                {.expected = "multiples of " + std::to_string(grid.patch),
                 .found = std::to_string(grid.height) + " × " + std::to_string(grid.width)});
}

// pixels [channels · height, width] → to [patches, channels · patch · patch]: patches row by row, of each a channel
// after the other, as the weights of a convolution [outputs, channels, patch, patch] lie.
inline void cut_patches(view<const float> pixels, const patch_grid& grid, view<float> to) {
    const index_t across = grid.width / grid.patch;
    for (index_t p = 0; p < grid.rows(); ++p)
        for (index_t c = 0; c < grid.channels; ++c)
            for (index_t y = 0; y < grid.patch; ++y)
                std::copy_n(&pixels(c * grid.height + p / across * grid.patch + y, p % across * grid.patch), grid.patch,
                            &to(p, (c * grid.patch + y) * grid.patch));
}

}
