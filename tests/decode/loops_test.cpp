// Texts that turn in circles, and such that do not.
#include "tessera/decode/loops.hpp"

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("A text turns in circles when its pairs stand there more than twice on average", "[decode][loops]") {
    std::vector<token_t> text;
    CHECK_FALSE(decode::loops(text));
    for (token_t t = 0; t < 60; ++t) text.push_back(t);
    CHECK_FALSE(decode::loops(text));
    text.insert(text.end(), 61, 5);  // 59 pairs once, and 61 of two kinds
    CHECK_FALSE(decode::loops(text));
    text.insert(text.end(), 3, 5);
    CHECK(decode::loops(text));

    std::vector<token_t> circle;
    for (token_t i = 0; i < 40; ++i) circle.push_back(i % 20);
    CHECK_FALSE(decode::loops(circle));
    for (token_t i = 0; i < 2; ++i) circle.push_back(i % 20);
    CHECK(decode::loops(circle));
}

TEST_CASE("Short texts may repeat themselves", "[decode][loops]") {
    CHECK_FALSE(decode::loops(std::vector<token_t>(17, 3)));
    CHECK(decode::loops(std::vector<token_t>(18, 3)));
}
