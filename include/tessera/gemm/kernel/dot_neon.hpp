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
    static void store_quad(quad q, std::byte* p) { vst1q_s8(reinterpret_cast<std::int8_t*>(p), q); }
    static quad bits_down(quad q, int shift, int keep) { return shifted(q, -shift, keep); }
    static quad bits_up(quad q, int shift, int keep) { return shifted(q, shift, keep); }
    static quad join(quad a, quad b) { return vorrq_s8(a, b); }
    static quad look_up(const std::int8_t (&table)[16], quad q) {
        return vqtbl1q_s8(vld1q_s8(table), vreinterpretq_u8_s8(q));
    }
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

    // Rows of two times four quads become quads of four rows: a transpose of 32-bit words.
    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) {
        transpose(rows[0].low, rows[1].low, rows[2].low, rows[3].low, to);
        transpose(rows[0].high, rows[1].high, rows[2].high, rows[3].high, to + 64);
    }

    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(vdupq_n_s32(s[0] * first + s[1] * second));
    }

private:
    static quad shifted(quad q, int up, int keep) {
        const uint8x16_t moved = vshlq_u8(vreinterpretq_u8_s8(q), vdupq_n_s8(std::int8_t(up)));
        return vreinterpretq_s8_u8(vandq_u8(moved, vdupq_n_u8(std::uint8_t(keep))));
    }
    static void transpose(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d, std::byte* to) {
        const uint32x4x4_t words{
            {vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b), vreinterpretq_u32_u8(c), vreinterpretq_u32_u8(d)}};
        vst4q_u32(reinterpret_cast<std::uint32_t*>(to), words);
    }
};

}

#endif
