// Convolutions with strides against the sum that defines them, in double precision.
#include "tessera/conv/strided.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

void fill(std::span<float> x, std::uint64_t seed) {
    std::uint64_t i = 0;
    for (float& v : x) v = float(random_bits(seed, i++) % 2001) / 1000.0f - 1.0f;
}

conv::strided random_convolution(index_t outputs, index_t channels, index_t taps, index_t stride, index_t padding) {
    tensor<float> w({outputs, taps * channels});
    tensor<float, 1> b({outputs});
    fill(w.flat(), 1);
    fill(b.flat(), 2);
    return {gemm::affine(gemm::linear::from(w), b), taps, stride, padding, padding, ops::relu{}};
}

double by_definition(const conv::strided& c, const tensor<float>& x, index_t t, index_t o) {
    tensor<float> w({c.outputs(), c.taps * c.channels()});
    fill(w.flat(), 1);
    double sum = double(c.map.b(o));
    for (index_t j = 0; j < c.taps; ++j) {
        const index_t at = c.stride * t + j - c.zeros_before;
        if (at < 0 || at >= x.extent(0)) continue;
        for (index_t i = 0; i < c.channels(); ++i) sum += double(w(o, j * c.channels() + i)) * double(x(at, i));
    }
    return std::max(sum, 0.0);
}

tensor<float> run(const conv::strided& c, view<const float> x, exec::executor_ref pool) {
    tensor<float> y({c.rows_of(x.extent(0)), c.outputs()});
    workspace count = workspace::measuring();
    c(x, y, count, pool);
    workspace memory(count.high_water());
    c(x, y, memory, pool);
    return y;
}

}

TEST_CASE("Strided convolutions are what they are defined to be", "[conv][strided]") {
    struct {
        index_t places, channels, outputs, taps, stride, padding;
    } const cases[] = {{1, 5, 7, 3, 1, 1},  {2, 5, 7, 3, 2, 1},   {40, 5, 7, 3, 2, 1},
                       {41, 8, 9, 3, 2, 1}, {30, 3, 20, 4, 4, 0}, {300, 80, 33, 3, 1, 1}};
    exec::thread_pool three(3);
    for (const auto& c : cases) {
        INFO(c.places << " places, " << c.taps << " taps, stride " << c.stride);
        const auto convolve = random_convolution(c.outputs, c.channels, c.taps, c.stride, c.padding);
        tensor<float> x({c.places, c.channels});
        fill(x.flat(), 3);
        const auto y = run(convolve, x, exec::inline_execution), shared = run(convolve, x, three);
        double worst = 0;
        for (index_t t = 0; t < y.extent(0); ++t)
            for (index_t o = 0; o < c.outputs; ++o)
                worst = std::max(worst, std::fabs(double(y(t, o)) - by_definition(convolve, x, t, o)));
        CHECK(worst < 1e-4);
        CHECK(std::equal(y.flat().begin(), y.flat().end(), shared.flat().begin()));
    }
}

TEST_CASE("A sequence shorter than the taps is refused", "[conv][strided]") {
    const auto convolve = random_convolution(2, 3, 4, 1, 1);
    const tensor<float> x({1, 3});
    tensor<float> y({1, 2});
    workspace memory(1 << 12);
    CHECK_THROWS_AS(convolve(x, y, memory, exec::inline_execution), error);
}
