// Where a sound is quietest.
#include "tessera/audio/quiet.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("The middle of the quietest stretch is found, the first of equals", "[audio]") {
    std::vector<float> x(100, 1.0f);
    CHECK(audio::quietest(x, {0, 100}, 10) == 5);
    CHECK(audio::quietest(x, {40, 50}, 10) == 45);
    for (std::size_t i = 60; i < 70; ++i) x[i] = -0.5f;
    CHECK(audio::quietest(x, {0, 100}, 10) == 65);
    CHECK(audio::quietest(x, {0, 70}, 10) == 65);
    CHECK(audio::quietest(x, {0, 69}, 10) == 64);
    CHECK(audio::quietest(x, {70, 100}, 10) == 75);
    CHECK(audio::quietest(x, {0, 100}, 4) == 62);
}
