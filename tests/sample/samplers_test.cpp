// Every sampler against what its definition says of small rows.
#include <cmath>

#include "support/catch.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/greedy.hpp"
#include "tessera/sample/log_probability.hpp"
#include "tessera/sample/logit_bias.hpp"
#include "tessera/sample/min_p.hpp"
#include "tessera/sample/no_repeat.hpp"
#include "tessera/sample/penalties.hpp"
#include "tessera/sample/suppress.hpp"
#include "tessera/sample/temperature.hpp"
#include "tessera/sample/top_k.hpp"
#include "tessera/sample/top_p.hpp"

using namespace tessera;

namespace {

std::vector<float> after(auto sampler, std::vector<float> logits, std::vector<token_t> history = {},
                         std::size_t generated = 0) {
    const std::span<const token_t> all(history);
    sampler(sample::row{logits, all, all.last(generated), 0});
    return logits;
}

constexpr float out = sample::excluded;

}

TEST_CASE("Greedy takes the largest logit, and of equal ones the lowest token", "[sample][greedy]") {
    std::vector<float> logits{1, 3, 3, 2};
    CHECK(sample::greedy{}({logits, {}}) == 1);
    logits = {7};
    CHECK(sample::greedy{}({logits, {}}) == 0);
    logits = {out, out, -5};
    CHECK(sample::greedy{}({logits, {}}) == 2);
}

TEST_CASE("Temperature divides and refuses what is not positive", "[sample][temperature]") {
    CHECK(after(sample::temperature(0.5f), {1, -2}) == std::vector<float>{2, -4});
    CHECK_THROWS_AS(sample::temperature(0.0f), error);
    CHECK_THROWS_AS(sample::temperature(NAN), error);
}

TEST_CASE("Top-k keeps the k largest and what ties with the last of them", "[sample][top_k]") {
    CHECK(after(sample::top_k(2), {1, 4, 3, 2}) == std::vector<float>{out, 4, 3, out});
    CHECK(after(sample::top_k(2), {3, 4, 3, 2}) == std::vector<float>{3, 4, 3, out});
    CHECK(after(sample::top_k(0), {1, 2}) == std::vector<float>{1, 2});
    CHECK(after(sample::top_k(9), {1, 2}) == std::vector<float>{1, 2});
}

TEST_CASE("Top-p keeps the smallest set that reaches p", "[sample][top_p]") {
    const float a = std::log(0.5f), b = std::log(0.3f), c = std::log(0.2f);
    CHECK(after(sample::top_p(0.6f), {c, a, b}) == std::vector<float>{out, a, b});
    CHECK(after(sample::top_p(0.4f), {c, a, b}) == std::vector<float>{out, a, out});
    CHECK(after(sample::top_p(1e-6f), {c, a, b}) == std::vector<float>{out, a, out});
    CHECK(after(sample::top_p(1.0f), {c, a, b}) == std::vector<float>{c, a, b});
    CHECK(after(sample::top_p(0.6f), {out, a, b}) == std::vector<float>{out, a, out});
    CHECK_THROWS_AS(sample::top_p(0.0f), error);
    CHECK_THROWS_AS(sample::top_p(1.5f), error);
}

TEST_CASE("Min-p keeps what is at least p times as probable as the best", "[sample][min_p]") {
    const float a = std::log(0.6f), b = std::log(0.3f), c = std::log(0.1f);
    CHECK(after(sample::min_p(0.4f), {a, b, c}) == std::vector<float>{a, b, out});
    CHECK(after(sample::min_p(0.0f), {a, b, c}) == std::vector<float>{a, b, c});
    CHECK_THROWS_AS(sample::min_p(-0.1f), error);
}

TEST_CASE("Penalties see the history once, presence and frequency only what was generated", "[sample][penalties]") {
    CHECK(after(sample::penalties({.repetition = 2}), {4, -4, 1}, {0, 1, 0}) == std::vector<float>{2, -8, 1});
    CHECK(after(sample::penalties({.presence = 1, .frequency = 0.5f}), {4, 4, 4}, {0, 1, 1}, 2) ==
          std::vector<float>{4, 2, 4});
    CHECK(after(sample::penalties({.repetition = 2}), {4}, {7, -1}) == std::vector<float>{4});
    CHECK_THROWS_AS(sample::penalties({.repetition = 0}), error);
}

TEST_CASE("A logit bias is added, and refuses tokens outside the vocabulary", "[sample][logit_bias]") {
    CHECK(after(sample::logit_bias({{1, 2.5f}}), {1, 1}) == std::vector<float>{1, 3.5f});
    CHECK_THROWS_AS(after(sample::logit_bias({{2, 1.0f}}), {1, 1}), error);
    CHECK_THROWS_AS(after(sample::logit_bias({{-1, 1.0f}}), {1, 1}), error);
}

TEST_CASE("Draws have the probabilities of softmax and repeat by seed", "[sample][draw]") {
    const double p[] = {0.5, 0.3, 0.2};
    std::vector<float> logits{float(std::log(p[0])), float(std::log(p[1])), float(std::log(p[2])), out};
    int counts[4] = {};
    const int draws = 60000;
    for (int step = 0; step < draws; ++step) ++counts[sample::draw{7}({logits, {}, {}, std::uint64_t(step)})];
    CHECK(counts[3] == 0);
    double chi2 = 0;
    for (int i = 0; i < 3; ++i) chi2 += std::pow(counts[i] - p[i] * draws, 2) / (p[i] * draws);
    CHECK(chi2 < 13.8);  // two degrees of freedom, one in a thousand
    CHECK(sample::draw{7}({logits, {}, {}, 5}) == sample::draw{7}({logits, {}, {}, 5}));
}

TEST_CASE("Samplers chain from left to right, a user's own among them", "[sample][chain]") {
    const auto forbid_zero = [](const sample::row& r) { r.logits[0] = out; };
    auto chain = sample::temperature(0.5f) | sample::top_k(2) | forbid_zero | sample::greedy{};
    static_assert(sample::pick<decltype(chain)>);
    std::vector<float> logits{9, 1, 8};
    CHECK(chain({logits, {}}) == 2);
    CHECK(logits == std::vector<float>{out, out, 16});
}

TEST_CASE("Log-probabilities are those of softmax", "[sample][log_probability]") {
    const std::vector<float> logits{std::log(1.0f), std::log(3.0f)};
    CHECK(sample::log_probability(logits, 1) == Approx(std::log(0.75)));
}

TEST_CASE("Suppressed tokens are excluded, always or while the text is short", "[sample][suppress]") {
    CHECK(after(sample::suppress{{0, 2, -1, 9}}, {1, 2, 3}) == std::vector<float>{out, 2, out});
    const sample::suppress first{.tokens = {1}, .generated_below = 1};
    CHECK(after(first, {1, 2}, {5, 6}, 0) == std::vector<float>{1, out});
    CHECK(after(first, {1, 2}, {5, 6}, 1) == std::vector<float>{1, 2});
    const sample::suppress early{.tokens = {1}, .length_below = 3};
    CHECK(after(early, {1, 2}, {5, 6}) == std::vector<float>{1, out});
    CHECK(after(early, {1, 2}, {5, 6, 7}) == std::vector<float>{1, 2});
}

TEST_CASE("What would repeat n tokens in a row is excluded", "[sample][no_repeat]") {
    const std::vector<float> even{1, 1, 1, 1};
    CHECK(after(sample::no_repeat{2}, even, {1, 2, 1, 3, 1}) == std::vector<float>{1, 1, out, out});
    CHECK(after(sample::no_repeat{3}, even, {1, 2, 1, 3, 1}) == even);
    CHECK(after(sample::no_repeat{3}, even, {1, 2, 0, 1, 2}) == std::vector<float>{out, 1, 1, 1});
    CHECK(after(sample::no_repeat{1}, even, {1, 3, 9}) == std::vector<float>{1, out, 1, out});
    CHECK(after(sample::no_repeat{4}, even, {1, 2}) == even);
    CHECK(after(sample::no_repeat{0}, even, {1, 1, 1}) == even);
    CHECK(after(sample::no_repeat{2, {{1, 2, 1, 3}}}, even, {0, 0, 1}) == std::vector<float>{1, 1, out, out});
    CHECK(after(sample::no_repeat{2, {{1, 2}}}, even, {0, 3, 0}) == even);
}
