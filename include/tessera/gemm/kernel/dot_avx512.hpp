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

    template <code_kind Kind>
    static void dot_rows(const simd::bytes (&rows)[lanes], const std::int8_t* a, simd::ints (&dots)[2]) {
        const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
        const __m256i f[4] = {dot_four_rows<Kind>(rows, x), dot_four_rows<Kind>(rows + 4, x),
                              dot_four_rows<Kind>(rows + 8, x), dot_four_rows<Kind>(rows + 12, x)};
        const __m512i low =
            _mm512_maskz_inserti64x4(0xff, _mm512_castsi256_si512(f[0]), f[2], 1);  // rows 0–3, 0–3, 8–11, 8–11
        const __m512i high =
            _mm512_maskz_inserti64x4(0xff, _mm512_castsi256_si512(f[1]), f[3], 1);  // rows 4–7, 4–7, 12–15, 12–15
        dots[0] = simd::ints(_mm512_permutex2var_epi64(low, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), high));
        dots[1] = simd::ints(_mm512_permutex2var_epi64(low, _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), high));
    }

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
