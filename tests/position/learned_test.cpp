#include "tessera/position/learned.hpp"

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

TEST_CASE("learned positions are added, with an offset, and end where the table ends", "[position][learned]") {
    tensor<float> rows({6, 19});
    for (index_t i = 0; i < rows.size(); ++i) rows.data()[i] = random_uniform(5, std::uint64_t(i));
    const position::learned positions{rows, 2};
    tensor<float> x({2, 19});
    for (float& v : x.flat()) v = 1.0f;
    const std::int32_t at[] = {3, 0}, beyond[] = {0, 4}, below[] = {-1, 0};
    positions.add(x, at);
    for (index_t c = 0; c < 19; ++c) {
        CHECK(x(0, c) == 1.0f + rows(5, c));
        CHECK(x(1, c) == 1.0f + rows(2, c));
    }
    CHECK_THROWS_WITH(positions.add(x, beyond),
                      "position: the position has no learned vector: expected 0 to 3, found 4");
    CHECK_THROWS_AS(positions.add(x, below), error);
}
