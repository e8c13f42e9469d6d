#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "support/catch.hpp"
#include "support/lane_scales.hpp"
#include "tessera/gemm/packed_blocks.hpp"
#include "tessera/quant/any.hpp"

using namespace tessera;

namespace {

class noise {
public:
    std::uint32_t operator()() { return (state_ = state_ * 1664525u + 1013904223u) >> 8; }
    float real() { return float((*this)()) / float(1u << 23) - 1.0f; }

private:
    std::uint32_t state_ = 7;
};

// A weight in memory of exactly its size, so that a sanitizer sees a read beyond it.
template <quant::format F>
struct weight {
    using block = typename F::block;
    index_t outputs, inputs;
    std::vector<block> blocks;

    weight(index_t n, index_t k) : outputs(n), inputs(k), blocks(std::size_t(n * k / quant::block_elements<F>)) {
        noise random;
        for (block& b : blocks) {
            for (std::size_t i = 0; i < sizeof(block); ++i)
                reinterpret_cast<std::uint8_t*>(&b)[i] = std::uint8_t(random());
            scale_with(b, 0.01f * random.real(), 0.02f * random.real());
        }
    }
    // All codes from one byte of the file, and scales that keep the products apart.
    weight(index_t n, index_t k, int byte)
        : outputs(n), inputs(k), blocks(std::size_t(n * k / quant::block_elements<F>)) {
        for (block& b : blocks) {
            std::memset(static_cast<void*>(&b), byte, sizeof(block));
            scale_with(b, 0.25f, 0.5f);
        }
    }
    static void scale_with(block& b, float d, float m) {
        const auto put = [](quant::stored_f16& to, float x) {
            const f16 half(x);
            std::memcpy(&to, &half.bits, 2);
        };
        if constexpr (requires { b.d; }) put(b.d, d);
        if constexpr (requires { b.e; }) b.e = std::uint8_t(128 + std::ilogb(d));
        if constexpr (requires { b.m; }) put(b.m, m);
        if constexpr (requires { b.dmin; }) put(b.dmin, m);
    }

    quant::stored_tensor tensor() const { return {F::id, 2, {outputs, inputs}, std::as_bytes(std::span(blocks))}; }
    const block* row(index_t n) const { return blocks.data() + n * inputs / quant::block_elements<F>; }
};

// Quantised rows, each array of exactly its size.
struct rows_of_codes {
    std::vector<std::int8_t> q;
    std::vector<float> scales, sums;
    std::vector<std::int16_t> code_sums;
    quant::activations x;

    rows_of_codes(index_t rows, index_t inputs)
        : q(std::size_t(rows * inputs)),
          scales(std::size_t(rows * inputs / 32)),
          sums(scales.size()),
          code_sums(2 * scales.size()),
          x{q.data(), scales.data(), sums.data(), code_sums.data(), rows, inputs} {
        noise random;
        for (std::size_t g = 0; g < scales.size(); ++g) {
            float group[32];
            for (float& v : group) v = 3.0f * random.real();
            quant::quantise_group(group, q.data() + 32 * g, scales[g], sums[g], code_sums.data() + 2 * g);
        }
    }
    // Every code is `code`, or takes turns with its negative.
    rows_of_codes(index_t rows, index_t inputs, int code, bool turns) : rows_of_codes(rows, inputs) {
        for (std::size_t i = 0; i < q.size(); ++i) q[i] = std::int8_t(turns && i % 2 == 1 ? -code : code);
        for (std::size_t h = 0; h < code_sums.size(); ++h) code_sums[h] = std::int16_t(turns ? 0 : 16 * code);
        for (std::size_t g = 0; g < scales.size(); ++g) {
            scales[g] = 0.5f;
            sums[g] = scales[g] * float(code_sums[2 * g] + code_sums[2 * g + 1]);
        }
    }
};

// The definition: exact integer sums, merged in one chain; `largest` is Σ |term|, `exact` the sum in double precision.
struct twin {
    float value = 0;
    double exact = 0, largest = 0;
    int terms = 0;

    void add(float factor, float term) {
        value = simd::fmadd(factor, term, value);
        largest += std::fabs(double(factor) * double(term));
        ++terms;
    }
};

template <quant::format F>
twin twin_of(const weight<F>& w, index_t n, const quant::activations& x, index_t r) {
    constexpr index_t size = quant::block_elements<F>;
    twin t;
    const auto row = x.slice({r, r + 1});
    for (index_t b = 0; b < x.inputs / size; ++b) {
        const auto& block = w.row(n)[b];
        const typename F::block* same[simd::lanes];
        for (auto& l : same) l = &block;
        const testing::lane_scales<F> scales(same);
        const auto first = [](simd::floats v) {
            float lane[simd::lanes];
            simd::store(v, lane);
            return lane[0];
        };
        float decoded[size];
        F::decode(block, decoded);
        for (index_t g = 0; g < size / 32; ++g) {
            const index_t group = b * size / 32 + g;
            std::uint8_t codes[32];
            simd::store_bytes(F::codes(block, g), codes);
            for (int s = 0; s < F::kind.spans(); ++s) {
                int dot = 0;
                for (int i = s * F::kind.span; i < (s + 1) * F::kind.span; ++i)
                    dot += ((F::kind.is_signed ? std::int8_t(codes[i]) : codes[i]) - F::kind.offset) *
                           row.q[group * 32 + i];
                t.add(first(scales.scale[g * F::kind.spans() + s]) * row.scales[group], float(dot));
            }
            if constexpr (F::kind.has_base) t.add(first(scales.base[g]), row.sums[group]);
            for (int i = 0; i < 32; ++i)
                t.exact += double(decoded[g * 32 + i]) * double(row.scales[group]) * double(row.q[group * 32 + i]);
        }
    }
    return t;
}

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

template <quant::format F>
std::vector<float> product(const weight<F>& w, const quant::activations& x, range columns) {
    std::vector<float> y(std::size_t(x.rows * columns.size()), -1.0f);
    gemm::packed_blocks<F>(w.tensor()).multiply(x, columns, {y.data(), {x.rows, columns.size()}});
    return y;
}

template <quant::format F>
void check_against_twin(const weight<F>& w, const quant::activations& x) {
    const auto y = product(w, x, {0, w.outputs});
    for (index_t r = 0; r < x.rows; ++r)
        for (index_t n = 0; n < w.outputs; ++n) {
            const twin t = twin_of(w, n, x, r);
            const float found = y[std::size_t(r * w.outputs + n)];
            INFO(quant::name_of(F::id) << " K = " << x.inputs << " row " << r << " column " << n);
            REQUIRE(bits(found) == bits(t.value));
            // Each term: its factor, its product and the running sum are rounded.
            REQUIRE(std::fabs(double(found) - t.exact) <= 0x1p-24 * (t.terms + 3) * t.largest);
        }
}

template <class Function>
void for_each_format(Function f) {
    using quant::storage;
    for (const storage s : {storage::q4_0, storage::q4_1, storage::q5_0, storage::q5_1, storage::q8_0, storage::q4_k,
                            storage::q5_k, storage::q6_k, storage::iq4_nl, storage::mxfp4})
        quant::visit_format(s, f);
}

}

TEST_CASE("a product of blocks has the bits of its definition and the value of the exact sum",
          "[gemm][packed_blocks]") {
    for_each_format([]<class F>(std::type_identity<F>) {
        for (const index_t inputs : {32, 64, 256, 512, 576}) {
            if (inputs % quant::block_elements<F> != 0) continue;
            for (const index_t outputs : {1, 7, 16, 19}) {
                const weight<F> w(outputs, inputs);
                for (const index_t rows : {1, 2, 5}) check_against_twin(w, rows_of_codes(rows, inputs).x);
            }
        }
    });
}

TEST_CASE("sums do not saturate", "[gemm][packed_blocks]") {
    for_each_format([]<class F>(std::type_identity<F>) {
        const index_t inputs = quant::block_elements<F>;
        for (const int byte : {0x00, 0x0f, 0x7f, 0x80, 0xf0, 0xff}) {
            const weight<F> w(simd::lanes + 1, inputs, byte);
            for (const int code : {127, -127})
                for (const bool turns : {false, true})
                    for (const index_t rows : {1, 9}) {
                        INFO(byte << " " << code << " " << turns);
                        check_against_twin(w, rows_of_codes(rows, inputs, code, turns).x);
                    }
        }
    });
}

TEST_CASE("a row has the same bits in any company and any cut of the columns", "[gemm][packed_blocks]") {
    for_each_format([]<class F>(std::type_identity<F>) {
        constexpr index_t inputs = 256, outputs = 37, rows = 33;
        const weight<F> w(outputs, inputs);
        const rows_of_codes all(rows, inputs);
        std::vector<float> one_by_one;
        for (index_t r = 0; r < rows; ++r)
            for (float y : product(w, all.x.slice({r, r + 1}), {0, outputs})) one_by_one.push_back(y);
        for (const index_t count : {2, 3, 4, 5, 6, 7, 8, 9, 16, 33}) {
            const index_t first = rows - count;
            for (const index_t cut : {0, 16, 32}) {
                const auto left = product(w, all.x.slice({first, rows}), {0, cut});
                const auto right = product(w, all.x.slice({first, rows}), {cut, outputs});
                for (index_t r = 0; r < count; ++r)
                    for (index_t n = 0; n < outputs; ++n) {
                        const float found = n < cut ? left[std::size_t(r * cut + n)]
                                                    : right[std::size_t(r * (outputs - cut) + n - cut)];
                        REQUIRE(bits(found) == bits(one_by_one[std::size_t((first + r) * outputs + n)]));
                    }
            }
        }
    });
}

TEST_CASE("depths and row counts beyond one panel and one block of rows keep the bits", "[gemm][packed_blocks]") {
    const auto check = []<class F>(std::type_identity<F>) {
        constexpr index_t inputs = 2304, outputs = 9, rows = 70;
        const weight<F> w(outputs, inputs);
        const rows_of_codes all(rows, inputs);
        const auto together = product(w, all.x, {0, outputs});
        for (const index_t r : {0, 31, 64, 69}) {
            const auto alone = product(w, all.x.slice({r, r + 1}), {0, outputs});
            for (index_t n = 0; n < outputs; ++n)
                REQUIRE(bits(alone[std::size_t(n)]) == bits(together[std::size_t(r * outputs + n)]));
        }
        check_against_twin(w, all.x.slice({68, 70}));
    };
    check(std::type_identity<quant::q4_0>{});
    check(std::type_identity<quant::q4_1>{});
    check(std::type_identity<quant::q8_0>{});
    check(std::type_identity<quant::q5_k>{});
    check(std::type_identity<quant::q6_k>{});
}

TEST_CASE("fewer inputs than the weight has select its first columns", "[gemm][packed_blocks]") {
    const weight<quant::q5_0> w(11, 128);
    for (const index_t inputs : {0, 32, 96})
        for (const index_t rows : {1, 3}) check_against_twin(w, rows_of_codes(rows, inputs).x);
}

TEST_CASE("rows of y may lie apart, and what lies between stays", "[gemm][packed_blocks]") {
    const weight<quant::q4_k> w(10, 256);
    for (const index_t rows : {1, 5}) {
        const rows_of_codes all(rows, 256);
        const auto dense = product(w, all.x, {0, 10});
        std::vector<float> y(std::size_t(rows * 16), 42.0f);
        const view<float> apart(y.data(), {rows, 10}, {16, 1});
        gemm::packed_blocks<quant::q4_k>(w.tensor()).multiply(all.x, {0, 10}, apart);
        for (index_t r = 0; r < rows; ++r)
            for (index_t n = 0; n < 16; ++n)
                CHECK(y[std::size_t(r * 16 + n)] == (n < 10 ? dense[std::size_t(r * 10 + n)] : 42.0f));
    }
}

TEST_CASE("activations that are not finite spoil their own row alone", "[gemm][packed_blocks]") {
    const weight<quant::q4_1> w(9, 64);
    rows_of_codes all(3, 64);
    float group[32] = {};
    group[3] = INFINITY;
    quant::quantise_group(group, all.q.data() + 64, all.scales[2], all.sums[2], all.code_sums.data() + 4);
    const auto y = product(w, all.x, {0, 9});
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i / 9 == 1));
}

TEST_CASE("rows may be packed in another order, and some left out or repeated", "[gemm][packed_blocks]") {
    const weight<quant::q6_k> w(21, 256);
    const rows_of_codes all(3, 256);
    const std::vector<index_t> order = {20, 3, 3, 0, 11, 12, 13, 14, 15, 1, 2};
    const index_t n = index_t(order.size());
    std::vector<float> y(std::size_t(3 * n));
    gemm::packed_blocks<quant::q6_k>(w.tensor(), order).multiply(all.x, {0, n}, {y.data(), {3, n}});
    const auto whole = product(w, all.x, {0, 21});
    for (index_t r = 0; r < 3; ++r)
        for (index_t i = 0; i < n; ++i)
            CHECK(bits(y[std::size_t(r * n + i)]) == bits(whole[std::size_t(r * 21 + order[std::size_t(i)])]));
}

TEST_CASE("packed weights take the bytes of the file, small integers apart", "[gemm][packed_blocks]") {
    // 16 rows, whatever the number of lanes; scales are padded to 64 bytes a tile.
    CHECK(gemm::packed_blocks<quant::q4_0>(weight<quant::q4_0>(16, 2048).tensor()).bytes() == 16 * 64 * 18);
    CHECK(gemm::packed_blocks<quant::q8_0>(weight<quant::q8_0>(16, 2048).tensor()).bytes() == 16 * 64 * 34);
    CHECK(gemm::packed_blocks<quant::q6_k>(weight<quant::q6_k>(16, 2048).tensor()).bytes() == 16 * 8 * 210);
    CHECK(gemm::packed_blocks<quant::q4_k>(weight<quant::q4_k>(16, 2048).tensor()).bytes() == 16 * 8 * (144 + 4));
}
