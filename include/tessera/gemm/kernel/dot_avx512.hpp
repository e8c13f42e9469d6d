// Integer products on AVX-512: as on AVX2, sixteen weight rows at a time.
#pragma once

#include "tessera/gemm/kernel/dot_avx2.hpp"

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && !defined(TESSERA_GENERIC)

namespace tessera::inline TESSERA_ABI::gemm::kernel {

struct dot_avx512 {
    static constexpr index_t lanes = 16;
    static constexpr int row_tile = 8;

    using quad = __m512i;
    using activation = __m512i;
    using wide = __m512i;  // 16 bits

    static quad load_quad(const std::byte* p) { return _mm512_loadu_si512(p); }
    static void store_quad(quad q, std::byte* p) { _mm512_storeu_si512(p, q); }
    static quad bits_down(quad q, int shift, int keep) {
        return _mm512_and_si512(_mm512_srli_epi16(q, unsigned(shift)), _mm512_set1_epi8(char(keep)));
    }
    static quad bits_up(quad q, int shift, int keep) {
        return _mm512_and_si512(_mm512_slli_epi16(q, unsigned(shift)), _mm512_set1_epi8(char(keep)));
    }
    static quad join(quad a, quad b) { return _mm512_or_si512(a, b); }
    static quad look_up(const std::int8_t (&table)[16], quad q) {
        const __m128i t = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
        return _mm512_shuffle_epi8(_mm512_maskz_broadcast_i32x4(0xffff, t), q);
    }
    static activation broadcast(const std::int8_t* p) { return _mm512_set1_epi32(load_raw(p)); }
    static wide zero() { return _mm512_setzero_si512(); }

    template <code_kind Kind>
    static constexpr int batch = pairs_in_16_bits(Kind);

    template <code_kind Kind>
    static wide accumulate(wide w, quad codes, activation a) {
        if constexpr (Kind.is_signed) {
            const __m512i signed_a = _mm512_mask_sub_epi8(a, _mm512_movepi8_mask(codes), _mm512_setzero_si512(), a);
            return _mm512_add_epi16(w, _mm512_maddubs_epi16(_mm512_abs_epi8(codes), signed_a));
        }
        return _mm512_add_epi16(w, _mm512_maddubs_epi16(codes, a));
    }
    static simd::ints narrow(wide w) { return simd::ints(_mm512_madd_epi16(w, _mm512_set1_epi16(1))); }

    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) {
        transpose_words(rows, to, 64);
        transpose_words(rows + 8, to + 32, 64);
    }

    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(_mm512_madd_epi16(_mm512_set1_epi32(load_raw(s)), _mm512_set1_epi32(second * 65536 + first)));
    }
};

}

#endif
