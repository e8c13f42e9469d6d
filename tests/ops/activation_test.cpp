#include "tessera/ops/activation.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tessera/ops/elementwise.hpp"

using namespace tessera;

namespace {

double value(const ops::any_activation& a, float x) {
    return ops::visit(a, [x](auto f) { return double(f(x)); });
}

// Largest |f(x) - g(x)| / max(1, |x|) over [-30, 30] and some far places, for the register and the float form.
template <class F, class G>
double worst_error(F f, G g) {
    double worst = 0.0;
    for (int i = -30000; i <= 30000; ++i) {
        const float x = i < -29990 ? float(i) * 1e6f : (i > 29990 ? float(i) * 1e6f : float(i) * 1e-3f);
        worst = std::max(worst, std::fabs(double(f(x)) - g(double(x))) / std::max(1.0, std::fabs(double(x))));
    }
    return worst;
}

}

TEST_CASE("activations are their definitions", "[ops][activation]") {
    const auto normal_cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
    CHECK(worst_error(ops::gelu{}, [&](double x) { return x * normal_cdf(x); }) < 1.3e-7);
    CHECK(worst_error(ops::gelu_tanh{}, [](double x) {
              return 0.5 * x * (1.0 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
          }) < 1.6e-7);
    CHECK(worst_error(ops::silu{}, [](double x) { return x / (1.0 + std::exp(-x)); }) < 1.3e-7);
    CHECK(worst_error(ops::quick_gelu{}, [](double x) { return x / (1.0 + std::exp(-1.702 * x)); }) < 1.6e-7);
    CHECK(worst_error(ops::sigmoid{}, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }) < 1e-7);
    CHECK(worst_error(ops::tanh{}, [](double x) { return std::tanh(x); }) < 1e-7);
    CHECK(worst_error(ops::relu{}, [](double x) { return std::max(0.0, x); }) == 0.0);
    CHECK(worst_error(ops::linear{}, [](double x) { return x; }) == 0.0);
    CHECK(worst_error(ops::softcap_to{30.0f}, [](double x) { return 30.0 * std::tanh(x / 30.0); }) < 4e-7);
    for (float x : {-3.0f, 0.0f, 1.5f}) CHECK(ops::relu_squared{}(x) == (x > 0.0f ? x * x : 0.0f));
}

TEST_CASE("xielu is a parabola above zero and an exponential below", "[ops][activation]") {
    const ops::xielu f{0.8f, 1.3f, 0.5f};
    for (int i = -3000; i <= 3000; ++i) {
        const float x = float(i) * 1e-2f;
        const double d = double(x), alpha = i > 0 ? 0.8f : 1.3f;
        const double wanted = 0.5 * d + alpha * (i > 0 ? d * d : std::expm1(d) - d);
        CHECK(std::fabs(double(f(x)) - wanted) < 2e-7 * (1.0 + std::fabs(wanted)));
    }
    CHECK(std::isnan(f(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("activations keep NaN and do not overflow far out", "[ops][activation]") {
    const float nan = std::numeric_limits<float>::quiet_NaN(), largest = std::numeric_limits<float>::max();
    for (const char* name : {"silu", "gelu", "gelu_new", "quick_gelu", "relu", "sigmoid", "tanh", "linear"}) {
        INFO(name);
        const ops::any_activation a = ops::activation_from(name);
        CHECK(std::isnan(value(a, nan)));
        CHECK(std::isfinite(value(a, largest)));
        CHECK(std::isfinite(value(a, -largest)));
    }
}

TEST_CASE("a float and a lane of a register give the same bits, with and without a place", "[ops][activation]") {
    std::vector<ops::any_activation> all = {ops::xielu{0.8f, 1.3f, 0.5f}};
    for (const char* name : {"silu", "gelu", "gelu_new", "quick_gelu", "relu", "relu2", "sigmoid", "tanh", "linear"})
        all.push_back(ops::activation_from(name));
    for (const ops::any_activation& a : all)
        ops::visit(a, [&](auto f) {
            for (int i = 0; i < 400; ++i) {
                float in[simd::lanes], out[simd::lanes], placed[simd::lanes];
                for (index_t l = 0; l < simd::lanes; ++l) in[l] = float(i * simd::lanes + l) * 0.01f - 7.0f;
                simd::store(f(simd::load(in)), out);
                simd::store(f(simd::load(in), index_t(3), index_t(5)), placed);
                for (index_t l = 0; l < simd::lanes; ++l) {
                    CHECK(std::bit_cast<std::uint32_t>(f(in[l])) == std::bit_cast<std::uint32_t>(out[l]));
                    CHECK(placed[l] == out[l]);
                }
            }
        });
}

TEST_CASE("configurations name activations", "[ops][activation]") {
    CHECK(std::holds_alternative<ops::silu>(ops::activation_from("swish")));
    CHECK(std::holds_alternative<ops::gelu>(ops::activation_from("gelu")));
    for (const char* name : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"})
        CHECK(std::holds_alternative<ops::gelu_tanh>(ops::activation_from(name)));
    CHECK(std::holds_alternative<ops::relu_squared>(ops::activation_from("relu2")));
    try {
        ops::activation_from("gelo");
        FAIL("an unknown name was accepted");
    } catch (const error& e) {
        CHECK(e.code() == errc::unsupported);
        CHECK(e.context().found == "gelo");
        CHECK(e.context().expected.find("gelu_pytorch_tanh") != std::string::npos);
    }
}
