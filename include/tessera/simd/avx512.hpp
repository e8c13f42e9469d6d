// What one 512-bit register does that xsimd lacks or spells with more instructions. Included by registers.hpp.
#pragma once

#include <immintrin.h>

#include "tessera/core/bits.hpp"
#include "tessera/simd/registers.hpp"

namespace tessera::inline TESSERA_ABI::simd {

inline constexpr bool fused = true;  // fmadd rounds once

inline floats fmadd(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
inline floats fnmadd(floats a, floats b, floats c) { return _mm512_fnmadd_ps(a, b, c); }

// The maskz forms with a full mask are the plain instructions; the plain intrinsics make GCC 12 warn of a variable that
// is used uninitialised (its bug 105593).
inline constexpr __mmask16 all_lanes = 0xffff;
inline floats min(floats a, floats b) { return _mm512_maskz_min_ps(all_lanes, a, b); }
inline floats max(floats a, floats b) { return _mm512_maskz_max_ps(all_lanes, a, b); }
inline floats divide(floats a, floats b) { return a / b; }
inline floats sqrt(floats a) { return _mm512_maskz_sqrt_ps(all_lanes, a); }
inline floats to_floats(ints v) { return _mm512_maskz_cvtepi32_ps(all_lanes, v); }
inline ints to_ints(floats v) { return _mm512_maskz_cvttps_epi32(all_lanes, v); }  // towards zero
inline ints to_nearest(floats v) { return _mm512_maskz_cvtps_epi32(all_lanes, v); }
// By a constant number of bits; to the right the sign is kept.
template <int Bits>
ints shift_left(ints v) {
    return _mm512_maskz_slli_epi32(all_lanes, v, Bits);
}
template <int Bits>
ints shift_right(ints v) {
    return _mm512_maskz_srai_epi32(all_lanes, v, Bits);
}

// Lanes 2i and 2i + 1 exchanged.
inline floats swap_neighbours(floats v) { return _mm512_maskz_permute_ps(all_lanes, v, 0xb1); }
inline float first(floats v) { return _mm512_cvtss_f32(v); }

template <int Half>
__m256 half_of(floats v) {
    return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xff, _mm512_castps_pd(v), Half));
}
inline float reduce_add(floats v) {
    const __m256 x8 = _mm256_add_ps(half_of<0>(v), half_of<1>(v));
    const __m128 x4 = _mm_add_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    const __m128 x2 = _mm_add_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_add_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}
inline float reduce_max(floats v) {
    const __m256 x8 = _mm256_max_ps(half_of<0>(v), half_of<1>(v));
    const __m128 x4 = _mm_max_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    const __m128 x2 = _mm_max_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_max_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}

inline floats load_floats(const bf16* p) {
    const __m512i wide =
        _mm512_maskz_cvtepu16_epi32(all_lanes, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(all_lanes, wide, 16));
}
inline floats load_floats(const f16* p) {
    return _mm512_maskz_cvtph_ps(all_lanes, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
// Not vcvtneps2bf16: that one takes sub-normal numbers for zero.
inline void store(floats v, bf16* p) {
    const __m512i u = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_maskz_srli_epi32(all_lanes, u, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __m512i quiet = _mm512_or_si512(u, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    const __m512i wide = _mm512_maskz_srli_epi32(all_lanes, _mm512_mask_mov_epi32(rounded, nan, quiet), 16);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_maskz_cvtepi32_epi16(all_lanes, wide));
}
inline void store(floats v, f16* p) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_maskz_cvtps_ph(all_lanes, v, _MM_FROUND_TO_NEAREST_INT));
}

inline floats load_first(const float* p, index_t n) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1u), p);
}
inline void store_first(floats v, float* p, index_t n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1u), v);
}

}
