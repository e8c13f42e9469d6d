#include "tessera/position/sinusoidal.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

TEST_CASE("sines fill the first half of a row, cosines the second", "[position][sinusoidal]") {
    position::sinusoidal to;
    for (int i = 0; i < 11; ++i) to.frequencies.push_back(std::pow(10.0f, -0.3f * float(i)));
    to.offset = 2;
    to.blank = 9;
    tensor<float> x({3, 22});
    for (float& v : x.flat()) v = 1.0f;
    const std::int32_t at[] = {0, 500, 7};
    to.add(x, at);
    for (index_t i = 0; i < 11; ++i) {
        const float f = to.frequencies[std::size_t(i)];
        for (index_t row = 0; row < 2; ++row) {
            const double angle = double(float(at[row] + 2) * f);
            CHECK(std::fabs(x(row, i) - (1.0 + std::sin(angle))) < 1e-6);
            CHECK(std::fabs(x(row, 11 + i) - (1.0 + std::cos(angle))) < 1e-6);
        }
        CHECK(x(2, i) == 1.0f);
        CHECK(x(2, 11 + i) == 1.0f);
    }
}
