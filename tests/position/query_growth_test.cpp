#include "tessera/position/query_growth.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

TEST_CASE("queries grow at every whole length", "[position][query_growth]") {
    const position::query_growth growth{.rate = 0.25f, .length = 8};
    const std::int32_t positions[] = {0, 7, 8, 23};
    tensor<float> x({4, 19});
    for (float& v : x.flat()) v = 2.0f;
    growth.apply(x, positions, exec::inline_execution);
    for (index_t c = 0; c < 19; ++c) {
        CHECK(x(0, c) == 2.0f);
        CHECK(x(1, c) == 2.0f);
        CHECK(x(2, c) == Approx(2.0 * (1.0 + 0.25 * std::log(2.0))));
        CHECK(x(3, c) == Approx(2.0 * (1.0 + 0.25 * std::log(3.0))));
    }
}
