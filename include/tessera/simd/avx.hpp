// What one 256-bit register does that xsimd lacks or spells with more instructions. Included by registers.hpp.
#pragma once

#include <immintrin.h>

#include "tessera/core/bits.hpp"
#include "tessera/simd/registers.hpp"

namespace tessera::inline TESSERA_ABI::simd {

#if defined(__FMA__)
inline constexpr bool fused = true;  // fmadd rounds once
inline floats fmadd(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
inline floats fnmadd(floats a, floats b, floats c) { return _mm256_fnmadd_ps(a, b, c); }
#else
inline constexpr bool fused = false;
inline floats fmadd(floats a, floats b, floats c) { return a * b + c; }
inline floats fnmadd(floats a, floats b, floats c) { return c - a * b; }
#endif
inline floats min(floats a, floats b) { return _mm256_min_ps(a, b); }
inline floats max(floats a, floats b) { return _mm256_max_ps(a, b); }
inline floats divide(floats a, floats b) { return a / b; }
inline floats sqrt(floats a) { return _mm256_sqrt_ps(a); }
inline floats to_floats(ints v) { return _mm256_cvtepi32_ps(v); }
inline ints to_ints(floats v) { return _mm256_cvttps_epi32(v); }  // towards zero
inline ints to_nearest(floats v) { return _mm256_cvtps_epi32(v); }
#if defined(__AVX2__)
// By a constant number of bits; to the right the sign is kept.
template <int Bits>
ints shift_left(ints v) {
    return _mm256_slli_epi32(v, Bits);
}
template <int Bits>
ints shift_right(ints v) {
    return _mm256_srai_epi32(v, Bits);
}
#else
template <int Bits>
ints shift_left(ints v) {
    return v << Bits;
}
template <int Bits>
ints shift_right(ints v) {
    return v >> Bits;
}
#endif

// Lanes 2i and 2i + 1 exchanged.
inline floats swap_neighbours(floats v) { return _mm256_permute_ps(v, 0xb1); }
inline float first(floats v) { return _mm256_cvtss_f32(v); }

inline float reduce_add(floats v) {
    const __m128 x4 = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 x2 = _mm_add_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_add_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}
inline float reduce_max(floats v) {
    const __m128 x4 = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 x2 = _mm_max_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_max_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}

#if defined(__AVX2__)
inline floats load_floats(const bf16* p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline void store(floats v, bf16* p) {
    const __m256i u = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(u, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i wide = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                     _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)));
}
#else
inline floats load_floats(const bf16* p) {
    alignas(32) float x[8];
    for (int l = 0; l < 8; ++l) x[l] = float(p[l]);
    return _mm256_load_ps(x);
}
inline void store(floats v, bf16* p) {
    alignas(32) float x[8];
    _mm256_store_ps(x, v);
    for (int l = 0; l < 8; ++l) p[l] = bf16(x[l]);
}
#endif

#if defined(__F16C__)
inline floats load_floats(const f16* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline void store(floats v, f16* p) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
#else
inline floats load_floats(const f16* p) {
    alignas(32) float x[8];
    for (int l = 0; l < 8; ++l) x[l] = float(p[l]);
    return _mm256_load_ps(x);
}
inline void store(floats v, f16* p) {
    alignas(32) float x[8];
    _mm256_store_ps(x, v);
    for (int l = 0; l < 8; ++l) p[l] = f16(x[l]);
}
#endif

// All bits set in the first n lanes.
inline __m256i first_lanes(index_t n) {
    alignas(64) static constexpr std::int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(window + 8 - n));
}
inline floats load_first(const float* p, index_t n) { return _mm256_maskload_ps(p, first_lanes(n)); }
inline void store_first(floats v, float* p, index_t n) { _mm256_maskstore_ps(p, first_lanes(n), v); }

}
