// Fourier transforms of many lengths against the sum that defines them.
#include "tessera/ops/fft.hpp"

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

namespace {

double drawn(std::uint64_t i) { return double(random_bits(3, i) % 2001) / 1000.0 - 1.0; }

std::vector<ops::complex> by_definition(const std::vector<ops::complex>& x) {
    std::vector<ops::complex> y;
    const double n = double(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
        ops::complex sum;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const double angle = -2.0 * std::numbers::pi * double(k * t % x.size()) / n;
            sum = sum + x[t] * ops::complex{std::cos(angle), std::sin(angle)};
        }
        y.push_back(sum);
    }
    return y;
}

}

TEST_CASE("Transforms of any length are what they are defined to be", "[ops][fft]") {
    for (const index_t n : {1, 2, 3, 4, 5, 7, 8, 12, 25, 60, 97, 101 * 2, 256, 400, 441}) {
        INFO("length " << n);
        std::vector<ops::complex> x(static_cast<std::size_t>(n)), scratch(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = {drawn(2 * i), drawn(2 * i + 1)};
        const auto expected = by_definition(x);
        ops::fft{n}(x, scratch);
        double worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            worst = std::max({worst, std::fabs(x[i].re - expected[i].re), std::fabs(x[i].im - expected[i].im)});
        CHECK(worst < 1e-12 * double(n));
    }
    CHECK_THROWS_AS(ops::fft(0), error);
}
