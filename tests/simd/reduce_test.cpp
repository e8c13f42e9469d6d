#include "tessera/simd/reduce.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

namespace {

std::vector<float> random_row(index_t n) {
    std::vector<float> x;
    for (index_t i = 0; i < n; ++i) x.push_back(random_uniform(2, std::uint64_t(i)) + 0.1f);
    return x;
}

}

TEST_CASE("sums of any length are within a few ulp", "[simd][reduce]") {
    for (index_t n : {0, 1, 5, 8, 31, 512, 513, 4099, 300001}) {
        const std::vector<float> x = random_row(n);
        double exact = 0.0;
        for (float v : x) exact += double(v);
        INFO(n);
        CHECK(std::fabs(simd::row_sum(x.data(), n) - exact) <= exact * 3 * 0x1p-24);
    }
}

TEST_CASE("a sum depends on the row alone, not on where it lies", "[simd][reduce]") {
    const std::vector<float> x = random_row(777);
    std::vector<float> shifted(800, 9.0f);
    for (std::size_t by = 0; by < 20; ++by) {
        std::copy(x.begin(), x.end(), shifted.begin() + std::ptrdiff_t(by));
        CHECK(simd::row_sum(shifted.data() + by, 777) == simd::row_sum(x.data(), 777));
    }
}

TEST_CASE("the largest is found wherever it is", "[simd][reduce]") {
    for (index_t n : {1, 7, 8, 33, 100})
        for (index_t at = 0; at < n; ++at) {
            std::vector<float> x(std::size_t(n), -3.0f);
            x[std::size_t(at)] = -1.5f;
            CHECK(simd::row_max(x.data(), n) == -1.5f);
            x[std::size_t((at + 1) % n)] = std::nanf("");
            CHECK(simd::row_max(x.data(), n) == (n == 1 ? -INFINITY : -1.5f));
        }
    CHECK(simd::row_max(nullptr, 0) == -INFINITY);
}

TEST_CASE("maps reach every element and no other, in place too", "[simd][reduce]") {
    for (index_t n : {0, 1, 7, 8, 20, 65}) {
        std::vector<float> x = random_row(n + 1), y(std::size_t(n + 1), -1.0f);
        simd::map(x.data(), y.data(), n, [](simd::floats v) { return v * simd::floats(2.0f); });
        for (index_t i = 0; i < n; ++i) CHECK(y[std::size_t(i)] == 2.0f * x[std::size_t(i)]);
        CHECK(y[std::size_t(n)] == -1.0f);
        simd::map(x.data(), y.data(), y.data(), n, [](simd::floats a, simd::floats b) { return b - a; });
        for (index_t i = 0; i < n; ++i) CHECK(y[std::size_t(i)] == x[std::size_t(i)]);
    }
}
