// Pictures cut into patches: every pixel comes to its place.
#include "tessera/conv/patches.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

TEST_CASE("Patches hold each pixel once, a channel after the other", "[conv][patches]") {
    const conv::patch_grid grids[] = {{3, 6, 9, 3}, {1, 4, 4, 4}, {2, 5, 3, 1}};
    for (const conv::patch_grid& g : grids) {
        conv::require_covered(g);
        tensor<float> pixels({g.channels * g.height, g.width}), patches({g.rows(), g.inputs()});
        for (index_t i = 0; i < pixels.size(); ++i) pixels.data()[i] = float(i);
        conv::cut_patches(pixels, g, patches);
        for (index_t c = 0; c < g.channels; ++c)
            for (index_t y = 0; y < g.height; ++y)
                for (index_t x = 0; x < g.width; ++x) {
                    const index_t row = y / g.patch * (g.width / g.patch) + x / g.patch;
                    const index_t column = (c * g.patch + y % g.patch) * g.patch + x % g.patch;
                    CHECK(patches(row, column) == pixels(c * g.height + y, x));
                }
    }
}

TEST_CASE("A picture that patches do not cover is refused", "[conv][patches][errors]") {
    CHECK(code_of([] { conv::require_covered({3, 7, 6, 3}); }) == errc::shape);
    CHECK(code_of([] { conv::require_covered({3, 6, 7, 3}); }) == errc::shape);
    CHECK(code_of([] { conv::require_covered({3, 6, 6, 0}); }) == errc::shape);
}
