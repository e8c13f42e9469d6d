#include "tessera/gemm/multiply.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "support/catch.hpp"
#include "support/threads.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;
namespace quant = tessera::quant;
using tessera::testing::threads;

namespace {

std::vector<float> noise(index_t n, std::uint64_t seed) {
    std::vector<float> x(std::size_t(n), 0.0f);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = random_uniform(seed, i) - 0.5f;
    return x;
}

template <class T>
constexpr quant::storage storage_of = std::is_same_v<T, float> ? quant::storage::f32
                                      : std::is_same_v<T, f16> ? quant::storage::f16
                                                               : quant::storage::bf16;

// A tensor of a file that begins at an odd byte.
template <class T>
struct file_tensor {
    std::vector<std::byte> bytes;
    quant::stored_tensor t;

    file_tensor(const std::vector<float>& values, index_t rows, index_t columns)
        : bytes(values.size() * sizeof(T) + 1) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const T v = T(values[i]);
            std::memcpy(bytes.data() + 1 + i * sizeof(T), &v, sizeof(T));
        }
        t.format = storage_of<T>;
        t.rank = 2;
        t.extents[0] = rows;
        t.extents[1] = columns;
        t.bytes = std::span<const std::byte>(bytes).subspan(1);
    }
};

using gemm::product;

// y = after(x · Wᵀ) with n workers.
std::vector<float> multiply(view<const float> x, const gemm::linear& w, index_t outputs, index_t workers = 1,
                            gemm::epilogue_ref after = gemm::no_epilogue) {
    std::vector<float> y(std::size_t(x.extent(0) * outputs), 777.0f);
    const view<float> out(y.data(), {x.extent(0), outputs});
    workspace measure = workspace::measuring();
    const threads team{workers};
    gemm::multiply(x, {product{&w, out, after}}, measure, team);
    workspace memory(measure.high_water());
    gemm::multiply(x, {product{&w, out, after}}, memory, team);
    return y;
}

// |y - double twin| stays within the rounding of `depth` sums of the given magnitudes.
void check_against_twin(view<const float> x, const std::vector<float>& w, index_t inputs, view<const float> y) {
    const double eps = 0x1p-24;
    double worst = 0;
    for (index_t r = 0; r < x.extent(0); ++r)
        for (index_t c = 0; c < y.extent(1); ++c) {
            double sum = 0, magnitude = 0;
            for (index_t k = 0; k < x.extent(1); ++k) {
                const double term = double(x(r, k)) * double(w[std::size_t(c * inputs + k)]);
                sum += term;
                magnitude += std::abs(term);
            }
            const double bound = double(2 * x.extent(1) + 1) * eps * magnitude;
            const double error = std::abs(sum - double(y(r, c)));
            worst = std::max(worst, error > 0 ? error / bound : 0.0);
        }
    CHECK(worst <= 1.0);
}

}

TEST_CASE("a product equals its double-precision twin within the rounding of its sums", "[gemm][linear]") {
    const index_t tile = gemm::register_tile.rows, panel = gemm::panel_width;
    struct shape {
        index_t m, n, k;
    };
    for (const shape s :
         {shape{0, 5, 7}, shape{3, 0, 7}, shape{2, 5, 0}, shape{1, 1, 1}, shape{1, panel, 3},
          shape{1, 7 * panel + 1, 129}, shape{2, 3 * panel - 1, 31}, shape{tile - 1, panel + 1, 17},
          shape{tile, 2 * panel, 64}, shape{tile + 1, panel - 1, 257}, shape{13, 97, 5000}, shape{97, 101, 103},
          shape{gemm::row_block, 64, 300}, shape{gemm::row_block + 1, 65, 301}, shape{211, 131, 67}}) {
        CAPTURE(s.m, s.n, s.k);
        const std::vector<float> x = noise(s.m * s.k, 1), w = noise(s.n * s.k, 2);
        const file_tensor<float> file(w, s.n, s.k);
        const gemm::linear l = gemm::linear::from(file.t);
        REQUIRE(l.outputs() == s.n);
        REQUIRE(l.inputs() == s.k);
        for (const index_t workers : {1, 2, 5}) {
            const std::vector<float> y = multiply({x.data(), {s.m, s.k}}, l, s.n, workers);
            check_against_twin({x.data(), {s.m, s.k}}, w, s.k, {y.data(), {s.m, s.n}});
        }
    }
}

TEMPLATE_TEST_CASE("a row's bits do not depend on other rows, its place or the workers", "[gemm][linear]", float, f16,
                   bf16) {
    const index_t k = 803, n = 90, most = 333;  // k: more than one block of the depth
    const std::vector<float> x = noise(most * k, 3);
    const file_tensor<TestType> file(noise(n * k, 4), n, k);
    const gemm::linear l = gemm::linear::from(file.t);
    const std::vector<float> whole = multiply({x.data(), {most, k}}, l, n);
    for (const index_t workers : {1, 2, 3, 5})
        for (const index_t m : {1, 2, 3, 4, 6, 7, 13, 16, 97, 333}) {
            CAPTURE(workers, m);
            for (const index_t first : {index_t(0), (most - m) / 2, most - m}) {
                if (first > 0 && m == most) continue;
                const std::vector<float> y = multiply({x.data() + first * k, {m, k}}, l, n, workers);
                CHECK(std::memcmp(y.data(), whole.data() + first * n, y.size() * sizeof(float)) == 0);
            }
        }
}

TEMPLATE_TEST_CASE("16-bit weights give the bits of the same weights widened first", "[gemm][linear]", f16, bf16) {
    const index_t m = 19, n = 83, k = 331;
    std::vector<float> w = noise(n * k, 5);
    w[7] = 1e-7f;  // sub-normal as f16
    const file_tensor<TestType> file(w, n, k);
    for (float& v : w) v = float(TestType(v));
    const std::vector<float> x = noise(m * k, 6);
    for (const index_t rows : {index_t(1), index_t(2), m}) {
        const view<const float> some(x.data(), {rows, k});
        const gemm::linear narrow = gemm::linear::from(file.t);
        CHECK(narrow.format() == storage_of<TestType>);
        CHECK(multiply(some, narrow, n) == multiply(some, gemm::linear::from(view<const float>(w.data(), {n, k})), n));
    }
}

TEST_CASE("a narrower x or y takes the first inputs or outputs of the weight", "[gemm][linear]") {
    const index_t m = 9, n = 77, k = 203;
    const std::vector<float> x = noise(m * k, 7), w = noise(n * k, 8);
    const gemm::linear l = gemm::linear::from(view<const float>(w.data(), {n, k}));
    for (const index_t outputs : {1, 16, 33, 76})
        for (const index_t inputs : {0, 1, 100, 202})
            for (const index_t rows : {1, 9}) {
                const view<const float> part(x.data(), {rows, inputs}, {k, 1});
                const std::vector<float> y = multiply(part, l, outputs, 2);
                const gemm::linear small = gemm::linear::from(view<const float>(w.data(), {outputs, inputs}, {k, 1}));
                CHECK(y == multiply(part, small, outputs));
                check_against_twin(part, w, k, {y.data(), {rows, outputs}});
            }
}

TEST_CASE("rows and columns may lie apart, and nothing between them is touched", "[gemm][linear]") {
    const index_t m = 15, n = 53, k = 90, x_stride = 97, y_stride = 61;
    const std::vector<float> x = noise(m * x_stride, 9), w = noise(n * k, 10);
    const view<const float> strided(x.data(), {m, k}, {x_stride, 1});
    const gemm::linear l = gemm::linear::from(view<const float>(w.data(), {n, k}));
    std::vector<float> y(std::size_t(m * y_stride), -5.0f);
    workspace memory(1 << 20);
    const threads team{2};
    gemm::multiply(strided, {product{&l, view<float>(y.data(), {m, n}, {y_stride, 1})}}, memory, team);
    const std::vector<float> dense = multiply(strided, l, n);
    for (index_t r = 0; r < m; ++r)
        for (index_t c = 0; c < y_stride; ++c)
            CHECK(y[std::size_t(r * y_stride + c)] == (c < n ? dense[std::size_t(r * n + c)] : -5.0f));
}

TEST_CASE("a weight may be stored transposed, cut from a larger tensor, or with its rows in another order",
          "[gemm][linear]") {
    const index_t m = 4, n = 45, k = 37;
    const std::vector<float> x = noise(m * k, 11), w = noise(n * k, 12);
    const view<const float> rows(x.data(), {m, k});
    const std::vector<float> y = multiply(rows, gemm::linear::from(view<const float>(w.data(), {n, k})), n);

    std::vector<float> turned(w.size());
    for (index_t i = 0; i < n; ++i)
        for (index_t j = 0; j < k; ++j) turned[std::size_t(j * n + i)] = w[std::size_t(i * k + j)];
    const file_tensor<float> transposed(turned, k, n), file(w, n, k);
    CHECK(multiply(rows, gemm::linear::from_transposed(transposed.t), n) == y);
    const std::vector<float> cut = multiply(rows, gemm::linear::from_transposed(transposed.t, range{11, 30}), 19);

    const std::vector<float> part = multiply(rows, gemm::linear::from(file.t, range{11, 30}), 19);
    CHECK(cut == part);
    std::vector<index_t> order;
    for (index_t i = 0; i < n; ++i) order.push_back((i * 7 + 3) % n);
    const std::vector<float> shuffled = multiply(rows, gemm::linear::from(file.t, order), n);
    for (index_t r = 0; r < m; ++r) {
        for (index_t c = 0; c < 19; ++c) CHECK(part[std::size_t(r * 19 + c)] == y[std::size_t(r * n + 11 + c)]);
        for (index_t c = 0; c < n; ++c)
            CHECK(shuffled[std::size_t(r * n + c)] == y[std::size_t(r * n + order[std::size_t(c)])]);
    }
}

TEST_CASE("epilogues see the finished sums, what y held, and earlier products of the same call", "[gemm][linear]") {
    const index_t n = 150, k = 64;
    const std::vector<float> gate_w = noise(n * k, 13), up_w = noise(n * k, 14), b = noise(n, 15);
    const gemm::linear gate = gemm::linear::from(view<const float>(gate_w.data(), {n, k}));
    const gemm::linear up = gemm::linear::from(view<const float>(up_w.data(), {n, k}));
    for (const index_t m : {1, 5, 200})
        for (const index_t workers : {1, 3}) {
            CAPTURE(m, workers);
            const std::vector<float> x = noise(m * k, 16), before = noise(m * n, 17);
            const view<const float> rows(x.data(), {m, k});
            const std::vector<float> plain_gate = multiply(rows, gate, n), plain_up = multiply(rows, up, n);
            std::vector<float> g(before.size()), y = before;
            const view<float> g_out(g.data(), {m, n}), y_out(y.data(), {m, n});
            const auto after_gate = gemm::bias{b.data()} | gemm::scale{0.5f};
            const auto after_up = gemm::times{g_out} | gemm::residual{y_out};
            workspace memory(1 << 20);
            const threads team{workers};
            gemm::multiply(rows, {product{&gate, g_out, after_gate}, product{&up, y_out, after_up}}, memory, team);
            bool same = true;
            for (std::size_t i = 0; i < y.size(); ++i) {
                const float gated = (plain_gate[i] + b[i % std::size_t(n)]) * 0.5f;
                const double expected = double(plain_up[i]) * double(gated) + double(before[i]);
                same = same && g[i] == gated && std::abs(double(y[i]) - expected) <= 1e-5;
            }
            CHECK(same);
        }
}

TEST_CASE("padding never leaks: infinities in x stay in their row, and outputs beyond the weight are not computed",
          "[gemm][linear]") {
    const index_t m = 8, n = gemm::panel_width + 3, k = 20;
    std::vector<float> x = noise(m * k, 18);
    x[std::size_t(3 * k)] = INFINITY;
    const std::vector<float> w = noise(n * k, 19);
    const std::vector<float> y =
        multiply({x.data(), {m, k}}, gemm::linear::from(view<const float>(w.data(), {n, k})), n);
    for (index_t r = 0; r < m; ++r)
        for (index_t c = 0; c < n; ++c) CHECK(std::isfinite(y[std::size_t(r * n + c)]) == (r != 3));
}

TEST_CASE("weights and products of wrong types and shapes are refused", "[gemm][linear]") {
    const auto code_of = [](auto&& f) {
        try {
            f();
        } catch (const error& e) {
            return e.code();
        }
        return errc::cancelled;
    };
    const std::vector<float> w = noise(24, 20);
    file_tensor<float> file(w, 4, 6);
    quant::stored_tensor bad = file.t;
    bad.extents[0] = 5;
    CHECK(code_of([&] { gemm::linear::from(bad); }) == errc::shape);
    bad = file.t;
    bad.rank = 3;
    CHECK(code_of([&] { gemm::linear::from(bad); }) == errc::shape);
    bad = file.t;
    bad.format = quant::storage::i32;
    CHECK(code_of([&] { gemm::linear::from(bad); }) == errc::unsupported);
    CHECK(code_of([&] { gemm::linear::from(file.t, range{2, 5}); }) == errc::shape);
    CHECK(code_of([&] { gemm::linear::from(file.t, range{-1, 2}); }) == errc::shape);
    CHECK(code_of([&] { gemm::linear::from_transposed(file.t, range{5, 7}); }) == errc::shape);
    const std::vector<index_t> order{0, 4};
    CHECK(code_of([&] { gemm::linear::from(file.t, order); }) == errc::shape);

    const gemm::linear l = gemm::linear::from(file.t);
    CHECK(code_of([&] { multiply({w.data(), {2, 7}}, l, 4); }) == errc::shape);
    CHECK(code_of([&] { multiply({w.data(), {2, 6}}, l, 5); }) == errc::shape);
    std::vector<float> y(12);
    workspace memory(1 << 20);
    const exec::inline_executor here;
    CHECK(code_of([&] {
              gemm::multiply({w.data(), {2, 6}}, {product{&l, view<float>(y.data(), {3, 4})}}, memory, here);
          }) == errc::shape);
}
