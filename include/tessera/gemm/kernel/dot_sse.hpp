// Integer products on SSE: with SSSE3 as on AVX2, four weight rows at a time; before it, bytes are widened first.
#pragma once

#include "tessera/gemm/kernel/dot_generic.hpp"

#if defined(__SSE2__) && !defined(__AVX__) && !defined(TESSERA_GENERIC)

namespace tessera::inline TESSERA_ABI::gemm::kernel {

inline constexpr code_kind signed_bytes{.is_signed = true};

// Bytes as 16 bits, the lower or the upper eight.
template <code_kind Kind>
__m128i widen_low(__m128i x) {
    return _mm_unpacklo_epi8(x, Kind.is_signed ? _mm_cmpgt_epi8(_mm_setzero_si128(), x) : _mm_setzero_si128());
}
template <code_kind Kind>
__m128i widen_high(__m128i x) {
    return _mm_unpackhi_epi8(x, Kind.is_signed ? _mm_cmpgt_epi8(_mm_setzero_si128(), x) : _mm_setzero_si128());
}
// The words of a and b, added in pairs: (a0 + a1, a2 + a3, b0 + b1, b2 + b3).
inline __m128i add_pairs(__m128i a, __m128i b) {
    const __m128 x = _mm_castsi128_ps(a), y = _mm_castsi128_ps(b);
    return _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(x, y, 0x88)), _mm_castps_si128(_mm_shuffle_ps(x, y, 0xdd)));
}

struct dot_sse2 {
    static constexpr index_t lanes = 4;
    static constexpr int row_tile = 4;

    using quad = __m128i;
    using activation = __m128i;
    struct wide {  // 32 bits: two words for each of the rows 0, 1 and 2, 3
        __m128i low, high;
    };

    static quad load_quad(const std::byte* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
    static void store_quad(quad q, std::byte* p) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), q); }
    static quad bits_down(quad q, int shift, int keep) {
        return _mm_and_si128(_mm_srli_epi16(q, shift), _mm_set1_epi8(char(keep)));
    }
    static quad bits_up(quad q, int shift, int keep) {
        return _mm_and_si128(_mm_slli_epi16(q, shift), _mm_set1_epi8(char(keep)));
    }
    static quad join(quad a, quad b) { return _mm_or_si128(a, b); }
    static quad look_up(const std::int8_t (&table)[16], quad q) {
        std::uint8_t at[16];
        _mm_storeu_si128(reinterpret_cast<__m128i*>(at), q);
        for (std::uint8_t& c : at) c = std::uint8_t(table[c]);
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    }
    static activation broadcast(const std::int8_t* p) { return _mm_set1_epi32(load_raw(p)); }
    static wide zero() { return {_mm_setzero_si128(), _mm_setzero_si128()}; }

    template <code_kind>
    static constexpr int batch = 8;

    template <code_kind Kind>
    static wide accumulate(wide w, quad codes, activation a) {
        const __m128i x = widen_low<signed_bytes>(a);
        return {_mm_add_epi32(w.low, _mm_madd_epi16(widen_low<Kind>(codes), x)),
                _mm_add_epi32(w.high, _mm_madd_epi16(widen_high<Kind>(codes), x))};
    }
    static simd::ints narrow(wide w) { return simd::ints(add_pairs(w.low, w.high)); }

    // Rows of two times four quads become quads of four rows: a transpose of 32-bit words.
    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) {
        transpose(rows[0].low, rows[1].low, rows[2].low, rows[3].low, to);
        transpose(rows[0].high, rows[1].high, rows[2].high, rows[3].high, to + 64);
    }

    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(_mm_madd_epi16(_mm_set1_epi32(load_raw(s)), _mm_set1_epi32(second * 65536 + first)));
    }

private:
    static void transpose(__m128i a, __m128i b, __m128i c, __m128i d, std::byte* to) {
        const __m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
        const __m128i ab2 = _mm_unpackhi_epi32(a, b), cd2 = _mm_unpackhi_epi32(c, d);
        auto* q = reinterpret_cast<__m128i*>(to);
        _mm_storeu_si128(q, _mm_unpacklo_epi64(ab, cd));
        _mm_storeu_si128(q + 1, _mm_unpackhi_epi64(ab, cd));
        _mm_storeu_si128(q + 2, _mm_unpacklo_epi64(ab2, cd2));
        _mm_storeu_si128(q + 3, _mm_unpackhi_epi64(ab2, cd2));
    }
};

#if defined(__SSSE3__)

struct dot_sse4_2 : dot_sse2 {
    using wide = __m128i;  // 16 bits

    static quad look_up(const std::int8_t (&table)[16], quad q) {
        return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)), q);
    }
    static wide zero() { return _mm_setzero_si128(); }

    template <code_kind Kind>
    static constexpr int batch = pairs_in_16_bits(Kind);

    template <code_kind Kind>
    static wide accumulate(wide w, quad codes, activation a) {
        return _mm_add_epi16(w, pairs<Kind>(codes, a));
    }
    static simd::ints narrow(wide w) { return simd::ints(_mm_madd_epi16(w, _mm_set1_epi16(1))); }

private:
    // The instruction multiplies unsigned by signed bytes; the sign of a signed code goes to the activation.
    template <code_kind Kind>
    static __m128i pairs(__m128i codes, __m128i a) {
        if constexpr (Kind.is_signed) return _mm_maddubs_epi16(_mm_abs_epi8(codes), _mm_sign_epi8(a, codes));
        return _mm_maddubs_epi16(codes, a);
    }
};

#endif

}

#endif
