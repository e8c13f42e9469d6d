// Group norms against the formula in double precision.
#include "tessera/norm/group.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

tensor<float> random_rows(index_t rows, index_t channels, float mean, std::uint64_t seed) {
    tensor<float> x({rows, channels});
    for (index_t i = 0; i < x.size(); ++i)
        x.data()[i] = mean + random_uniform(seed, std::uint64_t(i)) * float(1 + i % channels % 5);
    return x;
}

norm::group random_group(index_t groups, index_t channels) {
    norm::group n{groups, tensor<float, 1>({channels}), tensor<float, 1>({channels}), 1e-3f};
    for (index_t c = 0; c < channels; ++c) {
        n.weight(c) = 0.5f + random_uniform(8, std::uint64_t(c));
        n.bias(c) = random_uniform(9, std::uint64_t(c));
    }
    return n;
}

double worst_error(const norm::group& n, view<const float> x, view<const float> y) {
    const index_t width = x.extent(1) / n.groups;
    double worst = 0.0;
    for (index_t g = 0; g < n.groups; ++g) {
        const auto each = [&](auto f) {
            double sum = 0.0;
            for (index_t r = 0; r < x.extent(0); ++r)
                for (index_t c = g * width; c < (g + 1) * width; ++c) sum += f(r, c);
            return sum / double(x.extent(0) * width);
        };
        const double mean = each([&](index_t r, index_t c) { return double(x(r, c)); });
        const double variance = each([&](index_t r, index_t c) { return std::pow(double(x(r, c)) - mean, 2); });
        each([&](index_t r, index_t c) {
            const double wanted = (double(x(r, c)) - mean) / std::sqrt(variance + double(n.epsilon)) *
                                      double(n.weight(c)) + double(n.bias(c));
            worst = std::max(worst, std::fabs(wanted - double(y(r, c))));
            return 0.0;
        });
    }
    return worst;
}

}

TEST_CASE("Group norms follow their formula, narrow and wide groups, over few rows and many", "[norm]") {
    struct {
        index_t rows, channels, groups;
    } const cases[] = {{1, 6, 1},   {40, 7, 7},    {200, 12, 4}, {65, 100, 1},
                       {70, 90, 2}, {500, 70, 70}, {3, 64, 64},  {9, 150, 50}};
    exec::thread_pool three(3);
    for (const auto& c : cases)
        for (const float mean : {0.0f, 100.0f}) {
            INFO(c.rows << " rows, " << c.channels << " channels, " << c.groups << " groups, mean " << mean);
            const tensor<float> x = random_rows(c.rows, c.channels + 3, mean, 4);
            const view<const float> part = x.view().columns({2, 2 + c.channels});
            const norm::group n = random_group(c.groups, c.channels);
            tensor<float> y({c.rows, c.channels}), in_place({c.rows, c.channels});
            n(part, y, exec::inline_execution);
            CHECK(worst_error(n, part, y) < 3e-6 * (mean > 0.0f ? 10.0 : 1.0));
            for (index_t r = 0; r < c.rows; ++r) std::copy_n(&part(r, 0), c.channels, &in_place(r, 0));
            n(in_place, in_place, three);
            CHECK(std::equal(y.data(), y.data() + y.size(), in_place.data()));
        }
}
