#include "tessera/simd/vec.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;
using simd::floats;
using simd::lanes;

namespace {

struct numbers {
    float x[lanes];
};

numbers of(floats v) {
    numbers n;
    simd::store(v, n.x);
    return n;
}
bool same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

floats random(std::uint64_t seed, float scale = 1.0f) {
    float x[lanes];
    for (index_t l = 0; l < lanes; ++l) x[l] = (random_uniform(seed, std::uint64_t(l)) - 0.5f) * scale;
    return simd::load(x);
}

// f of registers has, in each lane, the bits of f of that lane's floats.
template <class F, class... V>
void check_lanes(F f, V... v) {
    const numbers got = of(f(v...));
    for (index_t l = 0; l < lanes; ++l) CHECK(same(got.x[l], f(of(v).x[l]...)));
}

}

TEST_CASE("arithmetic of a register is that of its lanes, to the bit", "[simd][vec]") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const floats a = random(3 * seed), b = random(3 * seed + 1, 4.0f), c = random(3 * seed + 2);
        check_lanes([](auto x, auto y) { return x + y; }, a, b);
        check_lanes([](auto x, auto y) { return x - y; }, a, b);
        check_lanes([](auto x, auto y) { return x * y; }, a, b);
        check_lanes([](auto x, auto y) { return simd::divide(x, y); }, a, b);
        check_lanes([](auto x, auto y, auto z) { return simd::fmadd(x, y, z); }, a, b, c);
        check_lanes([](auto x, auto y, auto z) { return simd::fnmadd(x, y, z); }, a, b, c);
        check_lanes([](auto x, auto y) { return simd::min(x, y); }, a, b);
        check_lanes([](auto x, auto y) { return simd::max(x, y); }, a, b);
        check_lanes([](auto x) { return simd::abs(x); }, a);
        check_lanes([](auto x) { return simd::sqrt(simd::abs(x)); }, a);
        check_lanes([](auto x, auto y) { return simd::select(x < y, x, y * y); }, a, b);
        check_lanes([](auto x) { return simd::to_floats(simd::to_ints(x)); }, b * floats(1000.0f));
        check_lanes([](auto x) { return simd::to_floats(simd::to_nearest(x)); }, b * floats(1000.0f));
    }
}

TEST_CASE("min and max treat NaN alike in registers and floats", "[simd][vec]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    check_lanes([](auto x, auto y) { return simd::min(x, y); }, floats(nan), floats(1.0f));
    check_lanes([](auto x, auto y) { return simd::min(x, y); }, floats(1.0f), floats(nan));
    check_lanes([](auto x, auto y) { return simd::max(x, y); }, floats(nan), floats(1.0f));
    check_lanes([](auto x, auto y) { return simd::max(x, y); }, floats(1.0f), floats(nan));
    CHECK(std::isnan(simd::min(1.0f, nan)));
    CHECK(simd::min(nan, 1.0f) == 1.0f);
}

TEST_CASE("halves are rounded to even integers", "[simd][vec]") {
    for (float x : {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 7.49f}) {
        std::int32_t got[lanes];
        simd::store(simd::to_nearest(floats(x)), got);
        CHECK(got[0] == std::int32_t(std::nearbyint(x)));
        CHECK(got[lanes - 1] == got[0]);
    }
}

TEST_CASE("bits are shifted, exchanged and given a sign", "[simd][vec]") {
    std::int32_t in[lanes], left[lanes], right[lanes];
    for (index_t l = 0; l < lanes; ++l) in[l] = std::int32_t(random_bits(1, std::uint64_t(l)));
    const simd::ints v = simd::load_ints(in);
    simd::store(simd::shift_left<23>(v), left);
    simd::store(simd::shift_right<7>(v), right);
    for (index_t l = 0; l < lanes; ++l) {
        CHECK(left[l] == std::int32_t(std::uint32_t(in[l]) << 23));
        CHECK(right[l] == in[l] >> 7);
    }
    const numbers a = of(random(5)), swapped = of(simd::swap_neighbours(random(5)));
    for (index_t l = 0; l < lanes; ++l) CHECK(swapped.x[l] == a.x[l ^ 1]);
    const numbers signed_ = of(simd::with_sign(floats(3.0f), random(5)));
    for (index_t l = 0; l < lanes; ++l) CHECK(signed_.x[l] == std::copysign(3.0f, a.x[l]));
    CHECK(simd::first(random(5)) == a.x[0]);
    std::int32_t counted[lanes];
    simd::store(simd::iota(), counted);
    for (index_t l = 0; l < lanes; ++l) CHECK(counted[l] == l);
}

TEST_CASE("reductions fold the upper half onto the lower", "[simd][vec]") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const floats v = random(seed, 100.0f);
        numbers sum = of(v), largest = of(v);
        for (index_t half = lanes / 2; half > 0; half /= 2)
            for (index_t l = 0; l < half; ++l) {
                sum.x[l] += sum.x[l + half];
                largest.x[l] = std::max(largest.x[l], largest.x[l + half]);
            }
        CHECK(same(simd::reduce_add(v), sum.x[0]));
        CHECK(simd::reduce_max(v) == largest.x[0]);
    }
    CHECK(simd::any(random(1) < floats(1.0f)));
    CHECK(simd::all(random(1) < floats(1.0f)));
    CHECK_FALSE(simd::any(random(1) > floats(1.0f)));
}

namespace {

// Loads and stores of T give what one conversion after another gives, for every bit pattern of T and many floats.
template <class T>
void check_conversions() {
    for (std::uint32_t base = 0; base < 65536; base += std::uint32_t(lanes)) {
        T stored[lanes];
        for (std::uint32_t l = 0; l < std::uint32_t(lanes); ++l) stored[l] = T::from_bits(std::uint16_t(base + l));
        const numbers wide = of(simd::load(stored));
        bool right = true;
        for (index_t l = 0; l < lanes; ++l) {
            const float expected = float(stored[l]);
            right &= std::isnan(expected) ? std::isnan(wide.x[l]) : same(wide.x[l], expected);
        }
        if (!right) FAIL_CHECK("loading " << base);
    }
    for (std::uint64_t base = 0; base < (std::uint64_t(1) << 32); base += std::uint64_t(lanes) * 40009) {
        float in[lanes];
        T out[lanes];
        for (std::uint64_t l = 0; l < std::uint64_t(lanes); ++l)
            in[l] = std::bit_cast<float>(std::uint32_t(base + l * 40009));
        simd::store(simd::load(in), out);
        bool right = true;
        for (index_t l = 0; l < lanes; ++l) {
            const T expected(in[l]);
            right &= std::isnan(in[l]) ? std::isnan(float(out[l])) : out[l].bits == expected.bits;
        }
        if (!right) FAIL_CHECK("storing " << base);
    }
}

}

TEST_CASE("half precision is loaded and stored as one conversion after another", "[simd][vec]") {
    check_conversions<f16>();
    check_conversions<bf16>();
}

TEST_CASE("rounding to half precision meets ties, sub-normal numbers and overflow", "[simd][vec]") {
    const float hard[] = {1.00048828125f, 1.00146484375f,
                          65519.0f,       65520.0f,
                          5.9604645e-8f,  2.9802322e-8f,
                          2.98023260e-8f, 6.097555e-5f,
                          -0.0f,          1e-40f,
                          3.4e38f,        1.00390625f,
                          1.01171875f,    std::numeric_limits<float>::infinity()};
    for (float x : hard) {
        f16 half[lanes];
        bf16 brain[lanes];
        simd::store(floats(x), half);
        simd::store(floats(x), brain);
        INFO(x);
        CHECK(half[lanes - 1].bits == f16(x).bits);
        CHECK(brain[lanes - 1].bits == bf16(x).bits);
    }
}

namespace {

template <class T>
void check_tails() {
    for (index_t n = 0; n <= lanes; ++n) {
        std::vector<T> in(std::size_t(n), T(2.0f)),
            out(std::size_t(n), T(0.0f));  // exactly n long: a sanitizer sees the rest
        const numbers got = of(simd::load_first(in.data(), n));
        for (index_t l = 0; l < lanes; ++l) CHECK(got.x[l] == (l < n ? 2.0f : 0.0f));
        simd::store_first(floats(5.0f), out.data(), n);
        for (T v : out) CHECK(float(v) == 5.0f);
        T wide[lanes + 1];
        for (T& w : wide) w = T(1.0f);
        simd::store_first(floats(5.0f), wide, n);
        for (index_t l = n; l <= lanes; ++l) CHECK(float(wide[l]) == 1.0f);
    }
}

}

TEST_CASE("the first lanes are loaded and stored, and nothing else is touched", "[simd][vec]") {
    check_tails<float>();
    check_tails<f16>();
    check_tails<bf16>();
}
