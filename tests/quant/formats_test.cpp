#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/lane_scales.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/quant/any.hpp"

using namespace tessera;

namespace {

struct golden_blocks {
    io::safetensors file = io::safetensors::open("tests/golden/quant/formats.safetensors");

    std::span<const std::byte> blocks(quant::storage s) const { return tensor(s, ".blocks"); }
    std::vector<float> values(quant::storage s) const {
        const auto bytes = tensor(s, ".values");
        std::vector<float> x(bytes.size() / sizeof(float));
        std::memcpy(x.data(), bytes.data(), bytes.size());
        return x;
    }

private:
    std::span<const std::byte> tensor(quant::storage s, const char* part) const {
        return io::require(file, std::string(quant::name_of(s)) + part).bytes;
    }
};

constexpr quant::storage block_formats[] = {
    quant::storage::q4_0, quant::storage::q4_1, quant::storage::q5_0, quant::storage::q5_1,   quant::storage::q8_0,
    quant::storage::q4_k, quant::storage::q5_k, quant::storage::q6_k, quant::storage::iq4_nl, quant::storage::mxfp4};

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

// The values of a block as the vector loops see it: codes, scales, bases.
template <quant::format F>
std::vector<float> recomposed(const typename F::block& block) {
    const typename F::block* rows[simd::lanes];
    std::fill_n(rows, simd::lanes, &block);
    const testing::lane_scales<F> scales(rows);
    const auto last_lane = [](simd::floats v) {
        float x[simd::lanes];
        simd::store(v, x);
        return x[simd::lanes - 1];
    };
    std::vector<float> values;
    for (index_t g = 0; g < quant::block_groups<F>; ++g) {
        std::uint8_t codes[32];
        simd::store_bytes(F::codes(block, g), codes);
        for (int i = 0; i < 32; ++i) {
            const int code = F::kind.is_signed ? std::int8_t(codes[i]) : codes[i];
            CHECK(std::abs(code) <= F::kind.largest);
            const float scale = last_lane(scales.scale[g * F::kind.spans() + i / F::kind.span]);
            float x = scale * float(code - F::kind.offset);
            if constexpr (F::kind.has_base) x += last_lane(scales.base[g]);
            values.push_back(x);
        }
    }
    return values;
}

}

TEST_CASE("every block format decodes to the bits of gguf-py", "[quant][formats]") {
    const golden_blocks golden;
    for (const quant::storage s : block_formats) {
        INFO(quant::name_of(s));
        const auto blocks = golden.blocks(s);
        const auto expected = golden.values(s);
        REQUIRE(index_t(blocks.size()) / quant::traits_of(s).block_bytes * quant::traits_of(s).block_elements ==
                index_t(expected.size()));
        std::vector<float> found(expected.size());
        quant::decode_row(s, blocks.data(), found.data(), index_t(found.size()));
        for (std::size_t i = 0; i < found.size(); ++i) {
            INFO(i << ": " << found[i] << " instead of " << expected[i]);
            CHECK(found[i] == expected[i]);
        }
    }
}

TEST_CASE("codes, scales and bases of every format compose to what it decodes to", "[quant][formats]") {
    const golden_blocks golden;
    for (const quant::storage s : block_formats) {
        INFO(quant::name_of(s));
        const auto bytes = golden.blocks(s);
        const auto visited = quant::visit_format(s, [&]<class F>(std::type_identity<F>) {
            const auto* blocks = reinterpret_cast<const typename F::block*>(bytes.data());
            for (std::size_t b = 0; b < bytes.size() / sizeof(typename F::block); ++b) {
                std::vector<float> decoded(std::size_t(quant::block_elements<F>));
                F::decode(blocks[b], decoded.data());
                const auto found = recomposed<F>(blocks[b]);
                REQUIRE(found.size() == decoded.size());
                CHECK(std::equal(found.begin(), found.end(), decoded.begin(), same_bits));
            }
        });
        CHECK(visited);
    }
    CHECK_FALSE(quant::visit_format(quant::storage::f32, [](auto) {}));
}

TEST_CASE("lanes take the scales of their own rows", "[quant][formats]") {
    const golden_blocks golden;
    const auto* blocks = reinterpret_cast<const quant::q4_k::block*>(golden.blocks(quant::storage::q4_k).data());
    const quant::q4_k::block* rows[simd::lanes];
    for (index_t l = 0; l < simd::lanes; ++l) rows[l] = blocks + (l * l) % 3;
    const testing::lane_scales<quant::q4_k> scales(rows);
    for (int g = 0; g < 8; ++g) {
        float scale[simd::lanes], base[simd::lanes];
        simd::store(scales.scale[g], scale);
        simd::store(scales.base[g], base);
        for (index_t l = 0; l < simd::lanes; ++l) {
            CHECK(same_bits(scale[l], float(rows[l]->d) * float(rows[l]->factors.scale(g))));
            CHECK(base[l] == -float(rows[l]->dmin) * float(rows[l]->factors.minimum(g)));
        }
    }
}

TEST_CASE("rows of plain numbers decode at any address and length", "[quant][formats]") {
    std::vector<std::byte> memory(1 + 40 * 8);
    std::byte* const odd = memory.data() + 1;
    for (const index_t n : {0, 1, 3, 7, 8, 15, 16, 17, 37}) {
        const auto check = [&]<class T>(quant::storage s, T) {
            for (index_t i = 0; i < n; ++i) {
                const T x = T(float(i + 1));
                std::memcpy(odd + i * index_t(sizeof x), &x, sizeof x);
            }
            std::vector<float> out(std::size_t(n) + 1, -5.0f);
            quant::decode_row(s, odd, out.data(), n);
            for (index_t i = 0; i < n; ++i) CHECK(out[std::size_t(i)] == float(i + 1));
            CHECK(out[std::size_t(n)] == -5.0f);
        };
        check(quant::storage::f32, float{});
        check(quant::storage::f16, f16{});
        check(quant::storage::bf16, bf16{});
        check(quant::storage::f64, double{});
        check(quant::storage::i8, std::int8_t{});
        check(quant::storage::u8, std::uint8_t{});
        check(quant::storage::i16, std::int16_t{});
        check(quant::storage::i32, std::int32_t{});
        check(quant::storage::i64, std::int64_t{});
    }
}

TEST_CASE("sub-normal, infinite and negative halves decode alike in registers and alone", "[quant][formats]") {
    std::vector<f16> halves;
    for (unsigned bits = 0; bits < 0x10000u; bits += 13) halves.push_back(f16::from_bits(std::uint16_t(bits)));
    std::vector<float> out(halves.size());
    quant::decode_row(quant::storage::f16, reinterpret_cast<const std::byte*>(halves.data()), out.data(),
                      index_t(out.size()));
    for (std::size_t i = 0; i < out.size(); ++i)
        CHECK((out[i] == float(halves[i]) || (out[i] != out[i] && float(halves[i]) != float(halves[i]))));
}
