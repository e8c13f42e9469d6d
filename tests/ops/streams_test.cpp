#include "tessera/ops/streams.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

namespace {

tensor<float> random_matrix(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> t({rows, columns});
    for (index_t i = 0; i < t.size(); ++i) t.data()[i] = 2.0f * random_uniform(seed, std::uint64_t(i)) - 1.0f;
    return t;
}

double mean_square(const tensor<float>& x, index_t row) {
    double sum = 0;
    for (index_t i = 0; i < x.extent(1); ++i) sum += double(x(row, i)) * double(x(row, i));
    return sum / double(x.extent(1));
}

constexpr index_t rows = 5, n = 3;

}

TEST_CASE("Streams are mixed as a matrix of each row says", "[ops][streams]") {
    exec::inline_executor run;
    for (const index_t width : {1, 7, 8, 19}) {
        const tensor<float> x = random_matrix(rows, n * width, 1), c = random_matrix(rows, n * n, 2);
        tensor<float> y({rows, n * width});
        ops::mix_streams(x, c, y, n, run);
        double worst = 0;
        for (index_t r = 0; r < rows; ++r)
            for (index_t i = 0; i < n; ++i)
                for (index_t k = 0; k < width; ++k) {
                    double sum = double(x(r, i * width + k));
                    for (index_t j = 0; j < n; ++j) sum += double(c(r, i * n + j)) * double(x(r, j * width + k));
                    worst = std::max(worst, std::fabs(sum - double(y(r, i * width + k))));
                }
        CHECK(worst < 1e-6);
    }
}

TEST_CASE("Streams are moved by what one of them was off, each so much", "[ops][streams]") {
    exec::inline_executor run;
    for (const index_t width : {1, 7, 8, 19})
        for (index_t active = 0; active < n; ++active) {
            const tensor<float> x = random_matrix(rows, n * width, 3), c = random_matrix(rows, n, 4);
            const tensor<float> found = random_matrix(rows, width, 5);
            tensor<float> y({rows, n * width});
            ops::correct_streams(x, found, active, c, y, run);
            double worst = 0;
            for (index_t r = 0; r < rows; ++r)
                for (index_t i = 0; i < n; ++i)
                    for (index_t k = 0; k < width; ++k) {
                        const double off = double(found(r, k)) - double(x(r, active * width + k));
                        const double wanted = double(x(r, i * width + k)) + double(c(r, i)) * off;
                        worst = std::max(worst, std::fabs(wanted - double(y(r, i * width + k))));
                    }
            CHECK(worst < 1e-6);
        }
}

TEST_CASE("Rows get the magnitude of others, and rows of nearly nothing stay small", "[ops][streams]") {
    exec::inline_executor run;
    const index_t width = 19;
    tensor<float> x = random_matrix(rows, width, 6);
    const tensor<float> like = random_matrix(rows, width, 7), before = random_matrix(rows, width, 6);
    for (index_t k = 0; k < width; ++k) x(2, k) *= 1e-4f;
    ops::match_magnitude(x, like, 1e-5f, run);
    for (index_t r = 0; r < rows; ++r) {
        const double own = mean_square(before, r) * (r == 2 ? 1e-8 : 1.0);
        const double factor = std::sqrt(mean_square(like, r) / std::max(own, 1e-5)) * (r == 2 ? 1e-4 : 1.0);
        for (index_t k = 0; k < width; ++k) {
            const double wanted = factor * double(before(r, k));
            CHECK(std::fabs(wanted - double(x(r, k))) <= 1e-6 * std::fabs(wanted) + 1e-12);
        }
    }
}
