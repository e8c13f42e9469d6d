#include "tessera/core/bits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;

namespace {

// The value of a 16-bit number with so many exponent and mantissa bits, from the definition in IEEE 754.
double value_of(std::uint16_t bits, int exponent_bits, int mantissa_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1;
    const int exponent = (bits >> mantissa_bits) & top;
    const double mantissa = double(bits & ((1 << mantissa_bits) - 1)), unit = std::ldexp(1.0, -mantissa_bits);
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == top) return mantissa == 0.0 ? sign * INFINITY : NAN;
    if (exponent == 0) return sign * std::ldexp(mantissa * unit, 1 - bias);
    return sign * std::ldexp(1.0 + mantissa * unit, exponent - bias);
}

// Values of the non-negative finite numbers in order; the last is the next power of two, where infinity begins.
std::vector<double> ladder(int exponent_bits, int mantissa_bits) {
    std::vector<double> values;
    const int finite = ((1 << exponent_bits) - 1) << mantissa_bits;
    for (int b = 0; b < finite; ++b) values.push_back(value_of(std::uint16_t(b), exponent_bits, mantissa_bits));
    values.push_back(std::ldexp(1.0, 1 << (exponent_bits - 1)));
    return values;
}

// The nearest of the ladder, ties to the even one.
std::uint16_t round_slowly(float x, const std::vector<double>& ladder) {
    const double magnitude = std::min(std::fabs(double(x)), ladder.back());
    const auto above = std::lower_bound(ladder.begin(), ladder.end(), magnitude);
    std::size_t i = std::size_t(above - ladder.begin());
    if (*above != magnitude) {
        const double up = ladder[i] - magnitude, down = magnitude - ladder[i - 1];
        if (down < up || (down == up && i % 2 == 1)) --i;
    }
    return std::uint16_t(i | (std::signbit(x) ? 0x8000u : 0u));
}

template <class T>
void check(int exponent_bits, int mantissa_bits) {
    for (std::uint32_t b = 0; b < 65536; ++b) {
        const T x = T::from_bits(std::uint16_t(b));
        const double expected = value_of(std::uint16_t(b), exponent_bits, mantissa_bits);
        const bool right = std::isnan(expected) ? std::isnan(float(x)) && std::isnan(float(T(float(x))))
                                                : double(float(x)) == expected && T(float(x)).bits == b;
        if (!right) FAIL_CHECK("pattern " << b);
    }
    const std::vector<double> steps = ladder(exponent_bits, mantissa_bits);
    for (std::uint64_t i = 0; i < 200000; ++i) {
        const float x = std::bit_cast<float>(std::uint32_t(random_bits(1, i)));
        if (!std::isnan(x) && T(x).bits != round_slowly(x, steps)) FAIL_CHECK(x << " became " << T(x).bits);
    }
    // between neighbours: half way, and a step to either side of it
    for (std::size_t b = 0; b + 1 < steps.size(); b += 7) {
        const float half = float((steps[b] + steps[b + 1]) / 2);
        for (float x : {half, std::nextafter(half, 0.0f), std::nextafter(half, INFINITY), -half})
            if (T(x).bits != round_slowly(x, steps)) FAIL_CHECK(x << " became " << T(x).bits);
    }
    CHECK(T(INFINITY).bits == round_slowly(INFINITY, steps));
    CHECK(T(-INFINITY).bits == round_slowly(-INFINITY, steps));
}

}

TEST_CASE("f16 means what IEEE 754 says and rounds to nearest even", "[core][bits]") { check<f16>(5, 10); }

TEST_CASE("bf16 is the upper half of a float, rounded to nearest even", "[core][bits]") { check<bf16>(8, 7); }

TEST_CASE("both zeros are equal and NaN is not", "[core][bits]") {
    CHECK(f16(0.0f) == f16(-0.0f));
    CHECK(bf16(0.0f) == bf16(-0.0f));
    CHECK_FALSE(f16(NAN) == f16(NAN));
    CHECK_FALSE(bf16(NAN) == bf16(NAN));
    CHECK(std::isnan(float(bf16(std::bit_cast<float>(0x7f800001u)))));
    CHECK(std::isnan(float(f16(std::bit_cast<float>(0xff800001u)))));
    CHECK(f16() == f16(0.0f));
    CHECK(bf16() == bf16(0.0f));
}
