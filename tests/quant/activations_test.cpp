#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/quant/activations.hpp"

using namespace tessera;

namespace {

struct quantised_group {
    std::int8_t q[32];
    float scale, sum;
    std::int16_t code_sums[2];

    explicit quantised_group(const std::vector<float>& x) { quant::quantise_group(x.data(), q, scale, sum, code_sums); }
};

std::vector<float> noise(std::size_t n, float amplitude) {
    std::vector<float> x(n);
    std::uint32_t state = 12345;
    for (float& v : x) {
        state = state * 1664525u + 1013904223u;
        v = amplitude * (float(state >> 8) / float(1u << 23) - 1.0f);
    }
    return x;
}

}

TEST_CASE("a group is rounded to the nearest of 255 steps", "[quant][activations]") {
    for (const float amplitude : {1e-30f, 1e-3f, 1.0f, 77.0f, 1e30f}) {
        const auto x = noise(32, amplitude);
        const quantised_group g(x);
        double largest = 0;
        for (float v : x) largest = std::max(largest, std::fabs(double(v)));
        CHECK(double(g.scale) == Approx(largest / 127).epsilon(1e-6));
        int halves[2] = {};
        for (std::size_t i = 0; i < 32; ++i) {
            CHECK(std::abs(int(g.q[i])) <= 127);
            // Half a step, and the rounding of 127 / max and of the product.
            CHECK(std::fabs(double(x[i]) - double(g.scale) * g.q[i]) <= double(g.scale) * (0.5 + 127 * 0x1p-22));
            halves[i / 16] += g.q[i];
        }
        CHECK(g.code_sums[0] == halves[0]);
        CHECK(g.code_sums[1] == halves[1]);
        CHECK(g.sum == g.scale * float(halves[0] + halves[1]));
    }
}

TEST_CASE("the largest values become 127 and halves go to even", "[quant][activations]") {
    std::vector<float> x(32, 0.0f);
    x[0] = 127.0f, x[1] = -127.0f, x[2] = 0.5f, x[3] = 1.5f, x[4] = -2.5f, x[31] = 126.4f;
    const quantised_group g(x);
    CHECK(g.scale == 1.0f);
    CHECK(int(g.q[0]) == 127);
    CHECK(int(g.q[1]) == -127);
    CHECK(int(g.q[2]) == 0);
    CHECK(int(g.q[3]) == 2);
    CHECK(int(g.q[4]) == -2);
    CHECK(int(g.q[31]) == 126);
}

TEST_CASE("nothing stays nothing, and what is not finite becomes NaN", "[quant][activations]") {
    const quantised_group zero(std::vector<float>(32, 0.0f)), tiny(std::vector<float>(32, -0x1p-130f));
    CHECK(zero.scale == 0.0f);
    CHECK(zero.sum == 0.0f);
    CHECK(int(zero.q[5]) == 0);
    CHECK(tiny.scale == 0.0f);
    CHECK(int(tiny.q[5]) == 0);
    for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()})
        for (const std::size_t at : {0u, 7u, 31u}) {
            auto x = noise(32, 1.0f);
            x[at] = bad;
            const quantised_group g(x);
            CHECK(std::isnan(g.scale));
            CHECK(std::isnan(g.sum));
            for (std::int8_t q : g.q) CHECK(int(q) == 0);
        }
}

TEST_CASE("rows are quantised one by one into the caller's memory", "[quant][activations]") {
    constexpr index_t rows = 3, inputs = 96;
    workspace memory(1 << 14);
    const auto all = quant::activation_rows::take(memory, rows, inputs);
    const auto x = noise(std::size_t(rows * inputs), 2.0f);
    for (index_t r = rows - 1; r >= 0; --r) all.quantise_row(r, x.data() + r * inputs);
    const quant::activations a = all;
    for (index_t r = 0; r < rows; ++r) {
        const quant::activations row = a.slice({r, r + 1});
        REQUIRE(row.rows == 1);
        for (index_t g = 0; g < row.groups(); ++g) {
            const auto* from = x.data() + r * inputs + 32 * g;
            const quantised_group alone(std::vector<float>(from, from + 32));
            CHECK(row.scales[g] == alone.scale);
            CHECK(row.sums[g] == alone.sum);
            CHECK(row.code_sums[2 * g] == alone.code_sums[0]);
            CHECK(row.code_sums[2 * g + 1] == alone.code_sums[1]);
            for (index_t i = 0; i < 32; ++i) CHECK(int(row.q[32 * g + i]) == int(alone.q[i]));
        }
    }
}

TEST_CASE("a measuring workspace counts the memory of activations", "[quant][activations]") {
    workspace measure = workspace::measuring();
    quant::activation_rows::take(measure, 4, 64);
    workspace memory(measure.high_water());
    const auto a = quant::activation_rows::take(memory, 4, 64);
    CHECK(a.q != nullptr);
    CHECK(a.rows == 4);
}
