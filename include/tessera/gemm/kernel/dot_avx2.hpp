// Integer products on AVX2: bytes are multiplied and added in pairs to 16 bits, those in pairs to 32.
#pragma once

#include "tessera/gemm/kernel/dot_generic.hpp"

#if defined(__AVX2__) && !defined(TESSERA_GENERIC)

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// Products in pairs. The instruction multiplies unsigned by signed bytes; the sign of a signed code goes to the
// activation.
template <code_kind Kind>
__m256i dot_pairs(__m256i codes, __m256i a) {
    if constexpr (Kind.is_signed) return _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(a, codes));
    return _mm256_maddubs_epi16(codes, a);
}

// 32-bit word q of eight rows goes to to + q · stride.
inline void transpose_words(const simd::bytes* rows, std::byte* to, index_t stride) {
    const auto store = [&](index_t q, __m256i a, __m256i b) {
        const auto at = [&](index_t i) { return reinterpret_cast<__m256i*>(to + i * stride); };
        _mm256_storeu_si256(at(q), _mm256_permute2x128_si256(a, b, 0x20));
        _mm256_storeu_si256(at(q + 4), _mm256_permute2x128_si256(a, b, 0x31));
    };
    __m256i low[4], high[4];  // words 0, 1 and 2, 3 of each half, of rows 2i and 2i + 1
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        low[i] = _mm256_unpacklo_epi32(rows[2 * i].v, rows[2 * i + 1].v);
        high[i] = _mm256_unpackhi_epi32(rows[2 * i].v, rows[2 * i + 1].v);
    }
    store(0, _mm256_unpacklo_epi64(low[0], low[1]), _mm256_unpacklo_epi64(low[2], low[3]));
    store(1, _mm256_unpackhi_epi64(low[0], low[1]), _mm256_unpackhi_epi64(low[2], low[3]));
    store(2, _mm256_unpacklo_epi64(high[0], high[1]), _mm256_unpacklo_epi64(high[2], high[3]));
    store(3, _mm256_unpackhi_epi64(high[0], high[1]), _mm256_unpackhi_epi64(high[2], high[3]));
}

#if !defined(__AVX512F__)

struct dot_avx2 {
    static constexpr index_t lanes = 8;
    static constexpr int row_tile = 4;

    using quad = __m256i;
    using activation = __m256i;
    using wide = __m256i;  // 16 bits

    static quad load_quad(const std::byte* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store_quad(quad q, std::byte* p) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), q); }
    static quad bits_down(quad q, int shift, int keep) {
        return _mm256_and_si256(_mm256_srli_epi16(q, shift), _mm256_set1_epi8(char(keep)));
    }
    static quad bits_up(quad q, int shift, int keep) {
        return _mm256_and_si256(_mm256_slli_epi16(q, shift), _mm256_set1_epi8(char(keep)));
    }
    static quad join(quad a, quad b) { return _mm256_or_si256(a, b); }
    static quad look_up(const std::int8_t (&table)[16], quad q) {
        const __m128i t = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
        return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), q);
    }
    static activation broadcast(const std::int8_t* p) { return _mm256_set1_epi32(load_raw(p)); }
    static wide zero() { return _mm256_setzero_si256(); }

    template <code_kind Kind>
    static constexpr int batch = pairs_in_16_bits(Kind);

    template <code_kind Kind>
    static wide accumulate(wide w, quad codes, activation a) {
        return _mm256_add_epi16(w, dot_pairs<Kind>(codes, a));
    }
    static simd::ints narrow(wide w) { return simd::ints(_mm256_madd_epi16(w, _mm256_set1_epi16(1))); }

    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) { transpose_words(rows, to, 32); }

    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(_mm256_madd_epi16(_mm256_set1_epi32(load_raw(s)), _mm256_set1_epi32(second * 65536 + first)));
    }
};

#endif

}

#endif
