#include "tessera/ffn/gaussian_top_k.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

TEST_CASE("The normal quantile is that of tables", "[ffn][gaussian_top_k]") {
    CHECK(std::fabs(ffn::normal_quantile(0.5)) < 1e-12);
    CHECK(std::fabs(ffn::normal_quantile(0.95) - 1.6448536269514722) < 1e-12);
    CHECK(std::fabs(ffn::normal_quantile(0.025) + 1.9599639845400545) < 1e-12);
}

TEST_CASE("What is not so far above the mean becomes zero, the rest is what it has more", "[ffn][gaussian_top_k]") {
    for (const index_t n : {1, 5, 8, 37, 1000})
        for (const float deviations : {-0.5f, 0.0f, 1.3f}) {
            std::vector<float> x(static_cast<std::size_t>(n));
            for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3.0f * random_uniform(9, i) + 1.0f;
            double mean = 0, squares = 0;
            for (const float v : x) mean += double(v) / double(n);
            for (const float v : x) squares += (double(v) - mean) * (double(v) - mean) / double(n);
            const double least = mean + double(deviations) * std::sqrt(squares);
            std::vector<float> y = x;
            ffn::keep_above(y.data(), n, deviations);
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                worst = std::max(worst, std::fabs(std::max(0.0, double(x[i]) - least) - double(y[i])));
            CHECK(worst < 1e-6);
        }
}
