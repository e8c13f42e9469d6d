#include "tessera/position/rope.hpp"

#include <cmath>
#include <vector>

#include "position/rope_cases.hpp"
#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;
using position::rope;
using position::rope_options;

TEST_CASE("frequencies and attention factors are those of transformers", "[position][rope]") {
    for (const rope_case& c : rope_cases) {
        INFO(c.name);
        const rope r(c.options);
        CHECK(r.attention_factor() == Approx(c.attention_factor).epsilon(1e-7));
        REQUIRE(r.frequencies().size() == c.frequencies.size());
        for (std::size_t i = 0; i < c.frequencies.size(); ++i) {
            INFO(i);
            CHECK(std::fabs(r.frequencies()[i] - c.frequencies[i]) <= 3e-7f * std::fabs(c.frequencies[i]));
        }
    }
}

TEST_CASE("cosines and sines are rounded to the nearest", "[position][rope]") {
    constexpr std::uint64_t n = std::uint64_t(position::angles_at_once);
    for (std::uint64_t i = 0; i < 20000; i += n) {
        float angle[n], cos[n], sin[n];
        for (std::uint64_t l = 0; l < n; ++l)
            angle[l] = (random_uniform(1, i + l) - 0.5f) * std::ldexp(1.0f, int((i + l) % 40) - 19);
        position::cos_sin(angle, cos, sin);
        for (std::uint64_t l = 0; l < n; ++l) {
            const long double c = std::cos((long double)(angle[l])), s = std::sin((long double)(angle[l]));
            const bool right = std::fabs(cos[l] - c) <= 0.501L * std::ldexp(1.0L, std::ilogb(float(c)) - 23) &&
                               std::fabs(sin[l] - s) <= 0.501L * std::ldexp(1.0L, std::ilogb(float(s)) - 23);
            INFO(angle[l] << ": " << cos[l] << ", " << sin[l]);
            CHECK(right);
        }
    }
}

namespace {

// The definition, one pair after another.
void turn_slowly(float* head, const rope& r, bool interleaved, std::int32_t at) {
    const index_t half = r.dim() / 2;
    for (index_t i = 0; i < half; ++i) {
        float& a = head[interleaved ? 2 * i : i];
        float& b = head[interleaved ? 2 * i + 1 : half + i];
        const double angle = double(float(at) * r.frequencies()[std::size_t(i)]);
        const double x = double(a), y = double(b), f = double(r.attention_factor());
        a = float((x * std::cos(angle) - y * std::sin(angle)) * f);
        b = float((y * std::cos(angle) + x * std::sin(angle)) * f);
    }
}

tensor<float> random_matrix(index_t rows, index_t columns) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(7, std::uint64_t(i)) * 2.0f - 1.0f;
    return x;
}

}

TEST_CASE("heads are turned as by definition, in halves and in neighbours, whole and in part", "[position][rope]") {
    exec::inline_executor run;
    for (bool interleaved : {false, true})
        for (index_t dim : {2, 6, 16, 20, 64, 66})
            for (index_t head_dim : {dim, dim + 5}) {
                const rope r(
                    rope_options{.dim = dim, .theta = 5000.0, .interleaved = interleaved, .attention_factor = 1.25});
                const std::vector<std::int32_t> positions = {0, 1, 7, 100003};
                tensor<float> x = random_matrix(4, 3 * head_dim), expected = x;
                for (index_t row = 0; row < 4; ++row)
                    for (index_t h = 0; h < 3; ++h)
                        turn_slowly(&expected(row, h * head_dim), r, interleaved, positions[std::size_t(row)]);
                r.apply(x, 3, positions, run);
                float worst = 0.0f;
                for (index_t i = 0; i < x.size(); ++i)
                    worst = std::max(worst, std::fabs(x.data()[i] - expected.data()[i]));
                INFO("dim " << dim << ", head " << head_dim << (interleaved ? ", interleaved" : ""));
                CHECK(worst < 4e-7f);
            }
}

TEST_CASE("backwards undoes a rotation", "[position][rope]") {
    for (bool interleaved : {false, true}) {
        const rope there(rope_options{.dim = 22, .interleaved = interleaved});
        const rope back(rope_options{.dim = 22, .interleaved = interleaved, .backwards = true});
        tensor<float> x = random_matrix(1, 24);
        const tensor<float> before = x;
        there.rotate(x.data(), 77);
        CHECK(std::fabs(x(0, 1) - before(0, 1)) > 0.01f);
        back.rotate(x.data(), 77);
        for (index_t i = 0; i < 24; ++i) CHECK(std::fabs(x(0, i) - before(0, i)) < 4e-7f);
    }
}

TEST_CASE("dimensions beyond the rotary ones, position 0 and zero frequencies leave a head as it is",
          "[position][rope]") {
    const rope partial(rope_options{.dim = 10});
    const rope still(rope_options{.dim = 24, .scaling = position::rope_scaling::proportional, .turning = 0});
    tensor<float> x = random_matrix(1, 24);
    const tensor<float> before = x;
    partial.rotate(x.data(), 12345);
    for (index_t i = 10; i < 24; ++i) CHECK(x(0, i) == before(0, i));
    CHECK(x(0, 0) != before(0, 0));
    x = before;
    partial.rotate(x.data(), 0);
    still.rotate(x.data(), 777);
    for (index_t i = 0; i < 24; ++i) CHECK(x(0, i) == before(0, i));
}

TEST_CASE("a row's bits do not depend on its neighbours, the number of heads or the threads", "[position][rope]") {
    exec::thread_pool pool(3);
    exec::inline_executor alone;
    const rope r(rope_options{.dim = 48, .scaling = position::rope_scaling::linear, .factor = 3.0});
    const index_t rows = 300;
    std::vector<std::int32_t> positions;
    for (index_t i = 0; i < rows; ++i) positions.push_back(std::int32_t(3 * i + 1));
    tensor<float> x = random_matrix(rows, 4 * 48), one = x;
    r.apply(x, 4, positions, pool);
    for (index_t i = 0; i < rows; ++i)
        for (index_t h = 0; h < 4; ++h)
            r.apply(one.view().slice({i, i + 1}).columns({h * 48, h * 48 + 48}), 1,
                    std::span(positions).subspan(std::size_t(i), 1), alone);
    CHECK(std::equal(x.data(), x.data() + x.size(), one.data()));
}

TEST_CASE("numbers that a scaling cannot work with are refused by name", "[position][rope]") {
    using s = position::rope_scaling;
    const rope_options bad[] = {
        {.dim = 0},
        {.dim = 7},
        {.dim = 4096},
        {.dim = 8, .theta = 0.0},
        {.dim = 8, .theta = std::nan("")},
        {.dim = 8, .scaling = s::linear, .factor = 0.0},
        {.dim = 8, .scaling = s::yarn},
        {.dim = 2, .scaling = s::dynamic, .original_length = 10},
        {.dim = 8, .scaling = s::yarn, .original_length = 10, .beta_fast = -1.0},
        {.dim = 8, .scaling = s::llama3, .original_length = 10, .low_frequency = 4.0},
        {.dim = 8, .scaling = s::longrope, .original_length = 10, .short_factors = {1.0f, 2.0f}},
        {.dim = 8, .scaling = s::proportional, .turning = 10},
    };
    for (const rope_options& o : bad) CHECK_THROWS_AS(rope(o), error);
    CHECK(position::rope_scaling_from("su") == s::longrope);
    CHECK_THROWS_WITH(position::rope_scaling_from("ntk"),
                      "rope_type: no such scaling of rotary positions: expected default, linear, dynamic, "
                      "yarn, llama3, longrope or proportional, found ntk");
}
