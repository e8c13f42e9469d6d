#include <cmath>
#include <cstring>
#include <vector>

#include "support/catch.hpp"
#include "support/threads.hpp"
#include "tessera/core/random.hpp"
#include "tessera/gemm/multiply.hpp"

using namespace tessera;
namespace quant = tessera::quant;
using gemm::linear;
using gemm::product;
using quant::storage;
using tessera::testing::threads;

namespace {

std::vector<float> noise(index_t n, std::uint64_t seed) {
    std::vector<float> x(std::size_t(n), 0.0f);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = random_uniform(seed, i) - 0.5f;
    return x;
}

// Random codes; the block's f16 scales, at byte `scale_at`, are of the order of 1.
struct block_file {
    std::vector<std::byte> bytes;
    quant::stored_tensor t;

    block_file(storage format, index_t rows, index_t columns) {
        t.format = format;
        t.rank = 2;
        t.extents[0] = rows;
        t.extents[1] = columns;
        bytes.resize(std::size_t(rows * t.row_bytes()));
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(random_bits(99, i) & 0xff);
        const index_t block = quant::traits_of(format).block_bytes;
        const index_t scale_at = format == storage::q6_k ? 208 : 0;
        const index_t scales = format == storage::q4_1 ? 2 : 1;
        for (index_t b = 0; b < index_t(bytes.size()); b += block)
            for (index_t s = 0; s < scales; ++s) {
                const f16 scale(0.5f + random_uniform(98, std::uint64_t(b + s)));
                std::memcpy(bytes.data() + b + scale_at + 2 * s, &scale, 2);
            }
        t.bytes = bytes;
    }
};

std::vector<float> multiply(view<const float> x, const linear& w, index_t outputs, index_t workers = 1) {
    std::vector<float> y(std::size_t(x.extent(0) * outputs), 777.0f);
    const view<float> out(y.data(), {x.extent(0), outputs});
    const threads team{workers};
    workspace measure = workspace::measuring();
    gemm::multiply(x, {product{&w, out}}, measure, team);
    workspace memory(measure.high_water());
    gemm::multiply(x, {product{&w, out}}, memory, team);
    return y;
}

}

TEST_CASE("a row's bits with weights in blocks do not depend on other rows, its place or the workers",
          "[gemm][multiply]") {
    const index_t k = 512, n = 150, most = 200;
    const std::vector<float> x = noise(most * k, 1);
    for (const storage format : {storage::q8_0, storage::q4_1, storage::q6_k}) {
        CAPTURE(quant::name_of(format));
        const block_file file(format, n, k);
        const linear l = linear::from(file.t);
        REQUIRE(l.bytes() >= index_t(file.bytes.size()));
        REQUIRE(l.bytes() < index_t(file.bytes.size()) * 5 / 4);  // the last tile is filled up
        const std::vector<float> whole = multiply({x.data(), {most, k}}, l, n);
        CHECK(std::isfinite(whole[0]));
        for (const index_t workers : {1, 2, 3, 5})
            for (const index_t m : {1, 2, 3, 5, 8, 16, 97, 200})
                for (const index_t first : {index_t(0), (most - m) / 2, most - m}) {
                    CAPTURE(workers, m, first);
                    const std::vector<float> y = multiply({x.data() + first * k, {m, k}}, l, n, workers);
                    CHECK(std::memcmp(y.data(), whole.data() + first * n, y.size() * sizeof(float)) == 0);
                }
    }
}

TEST_CASE("rows of blocks may be cut out and put in another order", "[gemm][multiply]") {
    const index_t m = 3, n = 45, k = 256;
    const std::vector<float> x = noise(m * k, 2);
    const view<const float> rows(x.data(), {m, k});
    for (const storage format : {storage::q8_0, storage::q4_1, storage::q6_k}) {
        const block_file file(format, n, k);
        const std::vector<float> y = multiply(rows, linear::from(file.t), n);
        std::vector<index_t> order;
        for (index_t i = 0; i < n; ++i) order.push_back((i * 7 + 3) % n);
        const linear turned = linear::from(file.t, order), cut = linear::from(file.t, range{11, 30});
        const std::vector<float> part = multiply(rows, cut, 19), shuffled = multiply(rows, turned, n);
        CHECK(multiply(rows, linear::from(file.t, std::span<const index_t>()), 0).empty());
        for (index_t r = 0; r < m; ++r) {
            for (index_t c = 0; c < 19; ++c) CHECK(part[std::size_t(r * 19 + c)] == y[std::size_t(r * n + 11 + c)]);
            for (index_t c = 0; c < n; ++c)
                CHECK(shuffled[std::size_t(r * n + c)] == y[std::size_t(r * n + order[std::size_t(c)])]);
        }
    }
}

TEST_CASE("products of one x may mix formats, and a narrower x takes whole blocks", "[gemm][multiply]") {
    const index_t n = 70, k = 512;
    const block_file eight(storage::q8_0, n, k), six(storage::q6_k, n, k);
    const std::vector<float> w = noise(n * k, 3);
    const linear a = linear::from(eight.t), b = linear::from(six.t),
                 c = linear::from(view<const float>(w.data(), {n, k}));
    for (const index_t m : {1, 40})
        for (const index_t inputs : {256, 512}) {
            const std::vector<float> x = noise(m * k, 4);
            const view<const float> rows(x.data(), {m, inputs}, {k, 1});
            std::vector<float> y[3];
            for (auto& one : y) one.resize(std::size_t(m * n));
            const auto out = [&](int i) { return view<float>(y[i].data(), {m, n}); };
            const threads team{3};
            workspace memory(1 << 20);
            gemm::multiply(rows, {product{&a, out(0)}, product{&c, out(1)}, product{&b, out(2)}}, memory, team);
            CHECK(y[0] == multiply(rows, a, n));
            CHECK(y[1] == multiply(rows, c, n));
            CHECK(y[2] == multiply(rows, b, n));
        }
    const std::vector<float> x = noise(k, 5);
    CHECK(multiply({x.data(), {1, 32}}, a, n).size() == std::size_t(n));
    CHECK_THROWS_AS(multiply({x.data(), {1, 33}}, a, n), error);
    CHECK_THROWS_AS(multiply({x.data(), {1, 32}}, b, n), error);
    CHECK_THROWS_AS(linear::from_transposed(eight.t), error);
}
