#include "tessera/core/random.hpp"

#include <cmath>
#include <set>

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("a draw is a pure function of seed and counter", "[core][random]") {
    STATIC_REQUIRE(random_bits(1, 2) == random_bits(1, 2));
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 30; ++seed)
        for (std::uint64_t i = 0; i < 30; ++i) seen.insert(random_bits(seed, i));
    CHECK(seen.size() == 900);
}

TEST_CASE("uniform draws fill [0, 1) evenly, for every seed", "[core][random]") {
    for (std::uint64_t seed : {std::uint64_t(0), std::uint64_t(1), std::uint64_t(42), ~std::uint64_t(0)}) {
        constexpr int draws = 64000, bins = 64;
        int counts[bins] = {};
        double sum = 0.0;
        for (std::uint64_t i = 0; i < draws; ++i) {
            const float u = random_uniform(seed, i);
            if (!(u >= 0.0f && u < 1.0f)) FAIL(u);
            ++counts[int(u * bins)];
            sum += double(u);
        }
        double chi_squared = 0.0;
        for (int c : counts) chi_squared += (c - draws / bins) * (c - draws / bins) / double(draws / bins);
        INFO(seed);
        CHECK(chi_squared < 120.0);  // 63 degrees of freedom: exceeded once in 50 000
        CHECK(std::fabs(sum / draws - 0.5) < 0.006);
    }
}

TEST_CASE("neighbouring seeds and counters are not correlated", "[core][random]") {
    double by_counter = 0.0, by_seed = 0.0;
    constexpr int draws = 20000;
    for (std::uint64_t i = 0; i < draws; ++i) {
        const double u = double(random_uniform(7, i)) - 0.5;
        by_counter += u * (double(random_uniform(7, i + 1)) - 0.5);
        by_seed += u * (double(random_uniform(8, i)) - 0.5);
    }
    CHECK(std::fabs(by_counter / draws) < 0.003);
    CHECK(std::fabs(by_seed / draws) < 0.003);
}
