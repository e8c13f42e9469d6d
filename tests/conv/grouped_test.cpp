// Convolutions in groups against the sum that defines them, in double precision.
#include "tessera/conv/grouped.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

tensor<float> random_matrix(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(seed, std::uint64_t(i)) * 2.0f - 1.0f;
    return x;
}

// As many outputs as channels, as many rows as there are places.
struct subject {
    index_t groups, width, taps;

    tensor<float> weight(index_t g) const { return random_matrix(width, taps * width, std::uint64_t(10 + g)); }
    tensor<float, 1> bias(index_t g) const {
        tensor<float, 1> b({width});
        for (index_t i = 0; i < width; ++i) b(i) = random_uniform(std::uint64_t(50 + g), std::uint64_t(i));
        return b;
    }
    conv::grouped made() const {
        conv::grouped all;
        for (index_t g = 0; g < groups; ++g)
            all.groups.push_back({.map = {gemm::linear::from(weight(g)), bias(g)},
                                  .taps = taps,
                                  .zeros_before = taps / 2,
                                  .zeros_after = taps - 1 - taps / 2,
                                  .activation = ops::relu{}});
        return all;
    }
    double worst_error(view<const float> x, view<const float> y) const {
        double worst = 0.0;
        for (index_t g = 0; g < groups; ++g) {
            const tensor<float> w = weight(g);
            const tensor<float, 1> b = bias(g);
            for (index_t t = 0; t < x.extent(0); ++t)
                for (index_t o = 0; o < width; ++o) {
                    double sum = double(b(o));
                    for (index_t j = 0; j < taps; ++j) {
                        const index_t at = t + j - taps / 2;
                        if (at < 0 || at >= x.extent(0)) continue;
                        for (index_t c = 0; c < width; ++c)
                            sum += double(w(o, j * width + c)) * double(x(at, g * width + c));
                    }
                    worst = std::max(worst, std::fabs(std::max(sum, 0.0) - double(y(t, g * width + o))));
                }
        }
        return worst;
    }
};

}

TEST_CASE("Grouped convolutions are what they are defined to be, with even and odd numbers of taps", "[conv]") {
    exec::thread_pool three(3);
    for (const subject& s : {subject{1, 5, 3}, subject{3, 4, 4}, subject{16, 2, 9}, subject{2, 30, 128}})
        for (const index_t places : {1, 7, 150}) {
            INFO(s.groups << " groups of " << s.width << ", " << s.taps << " taps, " << places << " places");
            const conv::grouped convolve = s.made();
            const tensor<float> x = random_matrix(places, s.groups * s.width, 3);
            tensor<float> y({convolve.rows_of(places), s.groups * s.width}), shared = y;
            REQUIRE(y.extent(0) == places);
            workspace count = workspace::measuring();
            convolve(x, y, count, three);
            workspace memory(count.high_water());
            convolve(x, y, memory, exec::inline_execution);
            convolve(x, shared, memory, three);
            CHECK(s.worst_error(x, y) < 1e-3);
            CHECK(std::equal(y.data(), y.data() + y.size(), shared.data()));
        }
}
