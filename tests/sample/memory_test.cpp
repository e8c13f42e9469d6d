// Samplers take nothing from the heap after their first row.
#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/sample/bad_words.hpp"
#include "tessera/sample/dry.hpp"
#include "tessera/sample/dynamic_temperature.hpp"
#include "tessera/sample/forced_tokens.hpp"
#include "tessera/sample/mirostat.hpp"
#include "tessera/sample/top_n_sigma.hpp"
#include "tessera/sample/typical.hpp"
#include "tessera/sample/xtc.hpp"
#include "tessera/testing/allocations.hpp"

using namespace tessera;

namespace {

std::vector<float> random_row(std::uint64_t seed, std::size_t n) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = 12 * random_uniform(seed, i) - 6;
    return x;
}

std::vector<token_t> random_text(std::uint64_t seed, std::size_t n, token_t vocabulary) {
    std::vector<token_t> t;
    for (std::size_t i = 0; i < n; ++i) t.push_back(token_t(random_bits(seed, i) % std::uint64_t(vocabulary)));
    return t;
}

}

TEST_CASE("After the first row these samplers allocate nothing, and they chain", "[sample][chain][memory]") {
    auto all = sample::typical(0.9f) | sample::top_n_sigma(2.0f) | sample::xtc({}) | sample::dynamic_temperature({}) |
               sample::mirostat({});
    static_assert(sample::pick<decltype(all)>);
    auto row = random_row(0, 300);
    all({row, {}, {}, 0});
    std::vector<std::vector<float>> rows;
    for (std::uint64_t step = 1; step < 50; ++step) rows.push_back(random_row(step, 300));
    const auto before = testing::allocations();
    for (std::vector<float>& r : rows) all({r, {}, {}, 1});
    CHECK(testing::allocations() == before);
}

TEST_CASE("After the first row nothing is allocated for a history that grows", "[sample][memory]") {
    auto all =
        sample::dry({.breakers = {3}}) | sample::bad_words({{1, 2}, {2, 2, 2}}) | sample::forced_tokens({{5, 1}});
    const std::vector<token_t> text = random_text(1, 400, 5);
    const std::span<const token_t> history(text);
    std::vector<float> logits(5, 1.0f);
    all(sample::row{logits, history.first(10), history.first(1), 0});
    const auto before = testing::allocations();
    for (std::size_t n = 11; n < 400; ++n) all(sample::row{logits, history.first(n), history.first(n - 10), 0});
    CHECK(testing::allocations() == before);
}
