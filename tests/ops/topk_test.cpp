#include "tessera/ops/topk.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

namespace {

// Few distinct values, so that there are many ties; sometimes infinities and NaN.
std::vector<float> random_row(index_t n, std::uint64_t seed) {
    std::vector<float> x;
    for (index_t i = 0; i < n; ++i) {
        const std::uint64_t u = random_bits(seed, std::uint64_t(i)) % 40;
        x.push_back(u == 0 ? -INFINITY : (u == 1 && seed % 3 == 0 ? std::nanf("") : float(u) - 20.0f));
    }
    return x;
}

std::vector<index_t> top_slowly(const std::vector<float>& x, index_t k) {
    std::vector<index_t> order(x.size());
    std::iota(order.begin(), order.end(), index_t(0));
    const auto value = [&](index_t i) { return std::isnan(x[std::size_t(i)]) ? -INFINITY : x[std::size_t(i)]; };
    std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) { return value(a) > value(b); });
    order.resize(std::size_t(std::min(k, index_t(x.size()))));
    return order;
}

}

TEST_CASE("the k largest come in order, of equal ones the first", "[ops][topk]") {
    for (index_t n : {0, 1, 5, 8, 33, 1000})
        for (index_t k : {0, 1, 3, 8, 40})
            for (std::uint64_t seed = 0; seed < 6; ++seed) {
                const std::vector<float> x = random_row(n, seed);
                std::vector<index_t> out(std::size_t(k), -7);
                const std::span<index_t> got = ops::top_k(x, out);
                INFO("n " << n << ", k " << k << ", seed " << seed);
                CHECK(std::vector<index_t>(got.begin(), got.end()) == top_slowly(x, k));
            }
}

TEST_CASE("the largest is the first of the largest", "[ops][topk]") {
    for (index_t n : {1, 7, 8, 9, 64, 1001})
        for (std::uint64_t seed = 0; seed < 9; ++seed) {
            const std::vector<float> x = random_row(n, seed);
            INFO("n " << n << ", seed " << seed);
            const float largest = x[std::size_t(ops::arg_max(x))];
            const float expected = x[std::size_t(top_slowly(x, 1)[0])];
            CHECK((largest == expected || std::isnan(expected)));
            if (!std::isinf(expected) && !std::isnan(expected)) CHECK(ops::arg_max(x) == top_slowly(x, 1)[0]);
        }
    CHECK(ops::arg_max({}) == -1);
}

TEST_CASE("a row without numbers still has a first", "[ops][topk]") {
    const std::vector<float> x(20, std::nanf(""));
    CHECK(ops::arg_max(x) == 0);
    std::vector<index_t> out(2);
    ops::top_k(x, out);
    CHECK(out == std::vector<index_t>{0, 1});
}
