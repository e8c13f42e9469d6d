// mxfp4: 32 weights 2ᵉ · level, levels of 4 bits (E2M1) and scales of 8 (E8M0), as the Open Compute Project fixes them.
#pragma once

#include <span>

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct mxfp4 {
    struct block {
        std::uint8_t e;
        std::uint8_t qs[16];  // low nibbles: weights 0 … 15, high nibbles: 16 … 31
    };
    static constexpr storage id = storage::mxfp4;
    static constexpr code_kind kind{.largest = 12, .is_signed = true};

    // Twice the numbers of E2M1, so that they are whole.
    static constexpr std::int8_t levels[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    static void decode(const block& b, float* x) {
        for (int i = 0; i < 16; ++i) {
            x[i] = float(scale(b)) * float(levels[b.qs[i] & 15]);
            x[i + 16] = float(scale(b)) * float(levels[b.qs[i] >> 4]);
        }
    }

    static simd::bytes codes(const block& b, index_t) { return simd::look_up(levels, level_numbers(b, 0)); }
    static simd::bytes level_numbers(const block& b, index_t) { return simd::load_nibbles(b.qs); }

    // 2^(e - 128), half of what E8M0 says; the two least are sub-normal.
    static bf16 scale(const block& b) { return bf16::from_bits(std::uint16_t(b.e < 2 ? 0x20 << b.e : (b.e - 1) << 7)); }
};

static_assert(format<mxfp4>);

// A block of which the low and the high half of each byte are neighbours, as published checkpoints have it.
inline mxfp4::block mxfp4_of_pairs(std::span<const std::byte, 16> pairs, std::byte exponent) {
    const auto number = [&](std::size_t i) { return unsigned(pairs[i / 2] >> (i % 2 * 4)) & 15u; };
    mxfp4::block b{std::uint8_t(exponent), {}};
    for (std::size_t i = 0; i < 16; ++i) b.qs[i] = std::uint8_t(number(i) | number(i + 16) << 4);
    return b;
}

}
