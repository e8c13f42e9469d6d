// Samplers that look at the sequence of tokens said, against naive definitions.
#include <algorithm>
#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/sample/bad_words.hpp"
#include "tessera/sample/dry.hpp"
#include "tessera/sample/forced_tokens.hpp"

using namespace tessera;

namespace {

constexpr float out = sample::excluded;
using tokens = std::vector<token_t>;

std::vector<float> after(auto sampler, std::vector<float> logits, const tokens& history, std::size_t generated = 0) {
    const std::span<const token_t> all(history);
    sampler(sample::row{logits, all, all.last(generated), 0});
    return logits;
}

tokens random_text(std::uint64_t seed, std::size_t n, token_t vocabulary) {
    tokens t;
    for (std::size_t i = 0; i < n; ++i) t.push_back(token_t(random_bits(seed, i) % std::uint64_t(vocabulary)));
    return t;
}

// For each token, the length of the longest end of the text that it followed before.
std::vector<index_t> copies(const tokens& text, token_t vocabulary, const tokens& breakers) {
    std::vector<index_t> longest(std::size_t(vocabulary), 0);
    for (std::size_t n = 1; n < text.size(); ++n) {
        const tokens end(text.end() - std::ptrdiff_t(n), text.end());
        if (std::find_first_of(end.begin(), end.end(), breakers.begin(), breakers.end()) != end.end()) break;
        for (auto at = text.begin(); at + std::ptrdiff_t(n) < text.end(); ++at)
            if (std::equal(end.begin(), end.end(), at)) longest[std::size_t(*(at + std::ptrdiff_t(n)))] = index_t(n);
    }
    for (const token_t t : breakers) longest[std::size_t(t)] = 0;
    return longest;
}

}

TEST_CASE("DRY penalises the tokens that would lengthen a repetition, by its length", "[sample][dry]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const tokens text = random_text(seed, 80, 3 + token_t(seed % 3));
        const tokens breakers = seed % 2 == 0 ? tokens{} : tokens{2};
        const auto longest = copies(text, 8, breakers);
        std::vector<float> wanted(8, 1.0f);
        for (std::size_t t = 0; t < 8; ++t)
            if (longest[t] >= 2) wanted[t] -= 0.7f * std::pow(1.5f, float(longest[t] - 2));
        const auto found =
            after(sample::dry({.multiplier = 0.7f, .base = 1.5f, .allowed_length = 2, .breakers = breakers}),
                  std::vector<float>(8, 1.0f), text);
        for (std::size_t t = 0; t < 8; ++t) CHECK(found[t] == Approx(wanted[t]));
    }
}

TEST_CASE("DRY looks at the last tokens only, allows short repetitions and refuses bad options", "[sample][dry]") {
    const tokens text{1, 2, 3, 0, 0, 0, 1, 2};
    CHECK(after(sample::dry({.multiplier = 1, .allowed_length = 2}), {0, 0, 0, 0}, text) ==
          std::vector<float>{0, 0, 0, -1});
    CHECK(after(sample::dry({.multiplier = 1, .allowed_length = 3}), {0, 0, 0, 0}, text) == std::vector<float>(4, 0));
    CHECK(after(sample::dry({.multiplier = 1, .last = 6}), {0, 0, 0, 0}, text) == std::vector<float>(4, 0));
    CHECK(after(sample::dry({.multiplier = 1}), {0, 0}, {}) == std::vector<float>{0, 0});
    CHECK(after(sample::dry({.multiplier = 1, .allowed_length = 1}), {0}, {7, -1, 7, -1}) == std::vector<float>{0});
    const auto endless = after(sample::dry({}), {0, 0}, tokens(5000, 1));
    CHECK(std::isfinite(endless[1]));
    CHECK(endless[1] < -1e29f);
    CHECK_THROWS_AS(sample::dry({.multiplier = -1}), error);
    CHECK_THROWS_AS(sample::dry({.base = 0.5f}), error);
    CHECK_THROWS_AS(sample::dry({.allowed_length = 0}), error);
}

TEST_CASE("Bad words end where their last token would come", "[sample][bad_words]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        std::vector<tokens> bad;
        for (std::uint64_t i = 0; i < 12; ++i) bad.push_back(random_text(100 * seed + i, 1 + i % 4, 4));
        if (seed % 2 == 1) bad.erase(bad.begin(), bad.begin() + 1);
        const tokens text = random_text(seed, seed % 7, 4);
        std::vector<float> wanted(4, 2.0f);
        for (const tokens& b : bad)
            if (b.size() <= text.size() + 1 &&
                std::equal(b.begin(), b.end() - 1, text.end() - std::ptrdiff_t(b.size() - 1)))
                wanted[std::size_t(b.back())] = out;
        CHECK(after(sample::bad_words(bad), std::vector<float>(4, 2.0f), text) == wanted);
    }
    CHECK(after(sample::bad_words({{1, 2, 3}, {2, 0}}), {1, 1, 1, 1}, {1, 2}) == std::vector<float>{out, 1, 1, out});
    CHECK(after(sample::bad_words({{1, 2, 3}, {2, 0}}), {1, 1, 1, 1}, {2, 1}) == std::vector<float>{1, 1, 1, 1});
    CHECK_THROWS_AS(sample::bad_words({{1}, {}}), error);
    CHECK_THROWS_AS(after(sample::bad_words(std::vector<tokens>{{4}}), {1, 1, 1, 1}, {}), error);
}

TEST_CASE("Forced tokens come at their places whatever else was excluded", "[sample][forced_tokens]") {
    const sample::forced_tokens forced({{0, 2}, {2, 1}});
    CHECK(after(forced, {1, 1, out}, {0, 0}, 0) == std::vector<float>{out, out, 0});
    CHECK(after(forced, {1, 1, 1}, {0, 0}, 1) == std::vector<float>{1, 1, 1});
    CHECK(after(forced, {1, 1, 1}, {0, 0}, 2) == std::vector<float>{out, 0, out});
    CHECK_THROWS_AS(after(sample::forced_tokens({{0, 3}}), {1, 1, 1}, {}, 0), error);
}
