#include "tessera/simd/math.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace tessera;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float smallest = std::numeric_limits<float>::min();

// Units in the last place of `exact` between it and got; those of the smallest normal number below that.
long double ulps(float got, long double exact) {
    int exponent = 0;
    std::frexp(exact, &exponent);
    return std::fabs((long double)(got)-exact) / std::ldexp(1.0L, std::max(exponent, -125) - 24);
}

struct errors {
    long double ulp = 0.0L, absolute = 0.0L;
    float at = 0.0f;
    int wrong_kind = 0;  // NaN or infinity where there should be none, or the reverse
};

void judge(errors& e, float x, float got, long double exact, long double floor) {
    if (std::isnan(got) || std::isnan(exact)) {
        e.wrong_kind += std::isnan(got) != std::isnan(exact) ? 1 : 0;
    } else if (std::isinf(got) || std::isinf(float(exact))) {
        e.wrong_kind += got != float(exact) ? 1 : 0;
    } else {
        e.absolute = std::max(e.absolute, std::fabs((long double)(got)-exact));
        if (std::fabs(exact) >= floor && ulps(got, exact) > e.ulp) {
            e.ulp = ulps(got, exact);
            e.at = x;
        }
    }
}

// Over every stride-th float of both signs, infinities and NaN among them, and all those near the given places. Results
// below floor count only by their absolute error.
template <class F, class G>
errors sweep(F f, G exact, std::vector<float> places, long double floor = 0.0L) {
    constexpr std::uint32_t stride = 60013;
    errors e;
    std::vector<float> inputs;
    for (std::uint64_t u = 0; u < (std::uint64_t(1) << 32); u += stride)
        inputs.push_back(std::bit_cast<float>(std::uint32_t(u)));
    places.insert(places.end(), {0.0f, -0.0f, infinity, -infinity, std::nanf(""), -std::nanf("1"), smallest, -smallest,
                                 std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()});
    for (float p : places)
        for (int d = -200; d <= 200; ++d)
            inputs.push_back(std::bit_cast<float>(std::uint32_t(std::int64_t(std::bit_cast<std::uint32_t>(p)) + d)));
    while (inputs.size() % std::size_t(simd::lanes) != 0) inputs.push_back(1.0f);
    for (std::size_t i = 0; i < inputs.size(); i += std::size_t(simd::lanes)) {
        float out[simd::lanes];
        simd::store(f(simd::load(&inputs[i])), out);
        for (std::size_t l = 0; l < std::size_t(simd::lanes); ++l)
            judge(e, inputs[i + l], out[l], exact((long double)(inputs[i + l])), floor);
    }
    return e;
}

void check_within(double bound, const errors& e) {
    INFO("worst at " << e.at);
    CHECK(double(e.ulp) < bound);
    CHECK(e.wrong_kind == 0);
}

}

TEST_CASE("exp is within 1.1 ulp, and 0 where the result would be sub-normal", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::exp(x); }, [](long double x) { return std::exp(x); },
                           {1.0f, 88.72284f, -87.33655f, -103.97f, 0.3465736f, 88.37626f}, smallest);
    check_within(1.1, e);
    CHECK(simd::exp(-87.34f) == 0.0f);
    CHECK(simd::exp(-0x1.5d589ep+6f) >= smallest);
    CHECK(simd::exp(0.0f) == 1.0f);
    CHECK(simd::exp(-infinity) == 0.0f);
    CHECK(simd::exp(0x1.62e42ep+6f) < infinity);
    CHECK(simd::exp(0x1.62e430p+6f) == infinity);
}

TEST_CASE("exp2 is within 1.1 ulp, and exact at integers", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::exp2(x); }, [](long double x) { return std::exp2(x); },
                           {1.0f, 127.99999f, 128.0f, -126.0f, -149.0f, 0.5f, -0.5f}, smallest);
    check_within(1.1, e);
    for (int n = -126; n < 128; ++n) CHECK(simd::exp2(float(n)) == std::ldexp(1.0f, n));
}

TEST_CASE("log is within 0.9 ulp, sub-normal arguments included", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::log(x); }, [](long double x) { return std::log(x); },
                           {1.0f, 2.0f, 0.7071068f, 1.4142135f, 1e-42f});
    check_within(0.9, e);
    CHECK(simd::log(1.0f) == 0.0f);
    CHECK(simd::log(0.0f) == -infinity);
    CHECK(simd::log(-0.0f) == -infinity);
    CHECK(std::isnan(simd::log(-1e-44f)));
}

TEST_CASE("tanh is within 2.7 ulp, also near zero", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::tanh(x); }, [](long double x) { return std::tanh(x); },
                           {1e-5f, 0.1732868f, 9.01f, 0.5f});
    check_within(2.7, e);
    CHECK(simd::tanh(1e-40f) == 1e-40f);
    CHECK(std::signbit(simd::tanh(-0.0f)));
    CHECK(simd::tanh(-infinity) == -1.0f);
}

TEST_CASE("sigmoid is within 2.7 ulp", "[simd][math]") {
    const errors e =
        sweep([](simd::floats x) { return simd::sigmoid(x); },
              [](long double x) { return 1.0L / (1.0L + std::exp(-x)); }, {1.0f, -20.0f, -87.0f, -88.8f}, 1e-38L);
    check_within(2.7, e);
    CHECK(simd::sigmoid(0.0f) == 0.5f);
    CHECK(simd::sigmoid(-infinity) == 0.0f);
    CHECK(simd::sigmoid(infinity) == 1.0f);
}

TEST_CASE("erf is within 2.5 ulp, also near zero", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::erf(x); }, [](long double x) { return std::erf(x); },
                           {1e-5f, 0.3f, 1.0f, 3.92f, 4.0f});
    check_within(2.5, e);
    CHECK(simd::erf(-infinity) == -1.0f);
    CHECK(std::signbit(simd::erf(-0.0f)));
}

TEST_CASE("erfc is within 1.5e-7", "[simd][math]") {
    const errors e = sweep([](simd::floats x) { return simd::erfc(x); }, [](long double x) { return std::erfc(x); },
                           {-1.0f, 0.5f, 2.0f, 4.0f});
    CHECK(e.absolute < 1.5e-7L);
    CHECK(e.wrong_kind == 0);
    CHECK(simd::erfc(infinity) == 0.0f);
    CHECK(simd::erfc(-infinity) == 2.0f);
}

TEST_CASE("a function of a float has the bits of a lane of the function of a register", "[simd][math]") {
    const auto same = [](auto f) {
        for (std::uint32_t i = 0; i < 3000; ++i) {
            float in[simd::lanes], out[simd::lanes];
            for (std::uint32_t l = 0; l < std::uint32_t(simd::lanes); ++l)
                in[l] = std::bit_cast<float>((i * std::uint32_t(simd::lanes) + l) * 178481u);
            simd::store(f(simd::load(in)), out);
            for (index_t l = 0; l < simd::lanes; ++l)
                if (std::bit_cast<std::uint32_t>(f(in[l])) != std::bit_cast<std::uint32_t>(out[l]) &&
                    !std::isnan(out[l]))
                    return false;
        }
        return true;
    };
    CHECK(same([](auto x) { return simd::exp(x); }));
    CHECK(same([](auto x) { return simd::exp2(x); }));
    CHECK(same([](auto x) { return simd::log(x); }));
    CHECK(same([](auto x) { return simd::tanh(x); }));
    CHECK(same([](auto x) { return simd::sigmoid(x); }));
    CHECK(same([](auto x) { return simd::erf(x); }));
    CHECK(same([](auto x) { return simd::erfc(x); }));
}
