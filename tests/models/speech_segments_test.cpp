// Where a transcript is cut, and where the next window begins. Words are 0 to 9, 10 is the time at the beginning.
#include "tessera/models/speech_segments.hpp"

#include "support/catch.hpp"

using namespace tessera;

namespace {

models::window_transcript cut(std::vector<token_t> said) { return models::cut_at_times(said, 10, 50); }

using words = std::vector<token_t>;

}

TEST_CASE("A text that has not ended is left to the next window", "[models][speech]") {
    const auto all = cut({10, 1, 2, 14, 14, 3, 20, 21, 4, 5});
    REQUIRE(all.segments.size() == 2);
    CHECK(all.segments[0].words == words{1, 2});
    CHECK(all.segments[0].begin == 0);
    CHECK(all.segments[0].end == 4);
    CHECK(all.segments[1].words == words{3});
    CHECK(all.segments[1].begin == 4);
    CHECK(all.segments[1].end == 10);
    CHECK(all.heard == 10);
}

TEST_CASE("A time at the very end means that nothing follows in this window", "[models][speech]") {
    const auto all = cut({12, 1, 14, 14, 3, 20});
    REQUIRE(all.segments.size() == 2);
    CHECK(all.segments[0].begin == 2);
    CHECK(all.segments[1].end == 10);
    CHECK(all.heard == 50);

    const auto one = cut({12, 1, 2, 33});
    REQUIRE(one.segments.size() == 1);
    CHECK(one.segments[0].begin == 2);
    CHECK(one.segments[0].end == 23);
    CHECK(one.heard == 50);
}

TEST_CASE("Without times at its end a text lasts as long as the window", "[models][speech]") {
    const auto plain = cut({1, 2, 3});
    REQUIRE(plain.segments.size() == 1);
    CHECK(plain.segments[0].begin == 0);
    CHECK(plain.segments[0].end == 50);
    CHECK(plain.heard == 50);
    const auto open = cut({12, 1, 2, 3});
    REQUIRE(open.segments.size() == 1);
    CHECK(open.segments[0].begin == 2);
    CHECK(open.segments[0].end == 50);
}

TEST_CASE("Times alone are no segments, and the next window always begins later", "[models][speech]") {
    CHECK(cut({}).segments.empty());
    CHECK(cut({}).heard == 50);
    CHECK(cut({10}).segments.empty());
    CHECK(cut({10, 10}).segments.empty());
    CHECK(cut({10, 10}).heard == 1);
    CHECK(cut({10, 1, 10, 10, 2}).heard == 1);
}

TEST_CASE("Times after the end of the window are its end", "[models][speech]") {
    const auto all = cut({10, 1, 99, 99, 2, 3});
    CHECK(all.segments.at(0).end == 50);
    CHECK(all.heard == 50);
}
