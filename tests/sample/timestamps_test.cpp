// Which tokens the grammar of times leaves, step by step. Words are 0 to 4, the end is 5, 6 asks for no times, times
// begin at 8.
#include "tessera/sample/timestamps.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace tessera;

namespace {

const sample::timestamps rule{.first = 8, .end = 5, .latest = 10, .without = 6};

// Those of the 13 tokens that may follow, when `favourite` has the largest logit by far.
std::vector<token_t> left(std::vector<token_t> generated, token_t favourite, const sample::timestamps& times = rule) {
    std::vector<float> logits(13, 0.0f);
    logits[std::size_t(favourite)] = 20.0f;
    times({logits, generated, generated});
    std::vector<token_t> all;
    for (token_t t = 0; t < 13; ++t)
        if (logits[std::size_t(t)] != sample::excluded) all.push_back(t);
    return all;
}

using tokens = std::vector<token_t>;

}

TEST_CASE("A text begins with a time that is not too late", "[sample][timestamps]") {
    CHECK(left({}, 0) == tokens{8, 9, 10});
    CHECK(left({}, 0, {.first = 8, .end = 5}) == tokens{8, 9, 10, 11, 12});
}

TEST_CASE("Words follow the time at which they begin, and later times follow words", "[sample][timestamps]") {
    CHECK(left({8}, 1) == tokens{0, 1, 2, 3, 4, 5, 7});
    CHECK(left({9, 1}, 1) == tokens{0, 1, 2, 3, 4, 5, 7, 10, 11, 12});
}

TEST_CASE("A time after words is followed by the end or by one that is not earlier", "[sample][timestamps]") {
    CHECK(left({8, 1, 10}, 5) == tokens{5, 7, 10, 11, 12});
    CHECK(left({8, 1, 10, 10}, 5) == tokens{0, 1, 2, 3, 4, 5, 7});
    CHECK(left({8, 1, 12, 12, 2}, 2) == tokens{0, 1, 2, 3, 4, 5, 7});
}

TEST_CASE("When all times together outweigh each word, one of them comes", "[sample][timestamps]") {
    std::vector<float> logits(13, 0.0f);
    logits[1] = 1.0f;  // exp(1) < 4 · exp(0)
    const tokens said{8, 2};
    rule({logits, said, said});
    CHECK(logits[1] == sample::excluded);
    CHECK(logits[9] == 0.0f);
    std::vector<float> surer(13, 0.0f);
    surer[1] = 1.5f;  // exp(1.5) > 4
    rule({surer, said, said});
    CHECK(surer[1] == 1.5f);
}

TEST_CASE("A vocabulary without times is left alone", "[sample][timestamps]") {
    std::vector<float> logits(4, 0.0f);
    rule({logits, {}, {}});
    CHECK(logits == std::vector<float>(4, 0.0f));
}
