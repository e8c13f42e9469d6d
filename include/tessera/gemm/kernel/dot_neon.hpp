// Integer products on AArch64: signed bytes are multiplied to 16 bits and added in pairs, those in pairs to 32.
#pragma once

#include "tessera/gemm/kernel/dot_generic.hpp"

#if defined(__ARM_NEON) && defined(__aarch64__) && !defined(TESSERA_GENERIC)

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// Unsigned codes are below 64, so that all are read as signed.
struct dot_neon {
    static constexpr index_t lanes = 4;
    static constexpr int row_tile = 8;

    using quad = int8x16_t;
    using activation = int8x16_t;
    using wide = int16x8_t;

    static quad load_quad(const std::byte* p) { return vld1q_s8(reinterpret_cast<const std::int8_t*>(p)); }
    static activation broadcast(const std::int8_t* p) { return vreinterpretq_s8_s32(vdupq_n_s32(load_raw(p))); }
    static wide zero() { return vdupq_n_s16(0); }

    template <code_kind Kind>
    static constexpr int batch = pairs_in_16_bits(Kind);

    template <code_kind>
    static wide accumulate(wide w, quad codes, activation a) {
        const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(a)), high = vmull_high_s8(codes, a);
        return vaddq_s16(w, vpaddq_s16(low, high));
    }
    static simd::ints narrow(wide w) { return simd::ints(vpaddlq_s16(w)); }

    template <code_kind Kind>
    static void dot_rows(const simd::bytes (&rows)[lanes], const std::int8_t* a, simd::ints (&dots)[2]) {
        const int8x16_t x[2] = {vld1q_s8(a), vld1q_s8(a + 16)};
        dots[0] = four_rows(rows[0].low, rows[1].low, rows[2].low, rows[3].low, x[0]);
        dots[1] = four_rows(rows[0].high, rows[1].high, rows[2].high, rows[3].high, x[1]);
    }

    // Rows of two times four quads become quads of four rows: a transpose of 32-bit words.
    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) {
        transpose(rows[0].low, rows[1].low, rows[2].low, rows[3].low, to);
        transpose(rows[0].high, rows[1].high, rows[2].high, rows[3].high, to + 64);
    }

    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(vdupq_n_s32(s[0] * first + s[1] * second));
    }

private:
    static simd::ints four_rows(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d, int8x16_t x) {
        const auto dot = [&](uint8x16_t codes) {  // at most two products of 128 · 127 in 16 bits
            const int8x16_t w = vreinterpretq_s8_u8(codes);
            return vpaddlq_s16(vmlal_s8(vmull_s8(vget_low_s8(w), vget_low_s8(x)), vget_high_s8(w), vget_high_s8(x)));
        };
        return simd::ints(vpaddq_s32(vpaddq_s32(dot(a), dot(b)), vpaddq_s32(dot(c), dot(d))));
    }
    static void transpose(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d, std::byte* to) {
        const uint32x4x4_t words{
            {vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b), vreinterpretq_u32_u8(c), vreinterpretq_u32_u8(d)}};
        vst4q_u32(reinterpret_cast<std::uint32_t*>(to), words);
    }
};

}

#endif
