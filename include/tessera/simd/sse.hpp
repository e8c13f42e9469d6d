// What one 128-bit register of x86 does that xsimd lacks or spells with more instructions. Included by registers.hpp.
#pragma once

#include <emmintrin.h>

#include "tessera/core/bits.hpp"
#include "tessera/simd/registers.hpp"

namespace tessera::inline TESSERA_ABI::simd {

inline constexpr bool fused = false;  // fmadd rounds twice

inline floats fmadd(floats a, floats b, floats c) { return a * b + c; }
inline floats fnmadd(floats a, floats b, floats c) { return c - a * b; }
inline floats min(floats a, floats b) { return _mm_min_ps(a, b); }
inline floats max(floats a, floats b) { return _mm_max_ps(a, b); }
inline floats divide(floats a, floats b) { return a / b; }
inline floats sqrt(floats a) { return _mm_sqrt_ps(a); }
inline floats to_floats(ints v) { return _mm_cvtepi32_ps(v); }
inline ints to_ints(floats v) { return _mm_cvttps_epi32(v); }  // towards zero
inline ints to_nearest(floats v) { return _mm_cvtps_epi32(v); }
// By a constant number of bits; to the right the sign is kept.
template <int Bits>
ints shift_left(ints v) {
    return _mm_slli_epi32(v, Bits);
}
template <int Bits>
ints shift_right(ints v) {
    return _mm_srai_epi32(v, Bits);
}

// Lanes 2i and 2i + 1 exchanged.
inline floats swap_neighbours(floats v) { return _mm_shuffle_ps(v, v, 0xb1); }
inline float first(floats v) { return _mm_cvtss_f32(v); }

inline float reduce_add(floats v) {
    const __m128 x2 = _mm_add_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_add_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}
inline float reduce_max(floats v) {
    const __m128 x2 = _mm_max_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_max_ss(x2, _mm_shuffle_ps(x2, x2, 1)));
}

inline floats load_floats(const bf16* p) {
    const __m128i four = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), four));
}
inline void store(floats v, bf16* p) {
    const __m128i u = _mm_castps_si128(v);
    const __m128i odd = _mm_and_si128(_mm_srli_epi32(u, 16), _mm_set1_epi32(1));
    const __m128i rounded = _mm_add_epi32(u, _mm_add_epi32(odd, _mm_set1_epi32(0x7fff)));
    const __m128i quiet = _mm_or_si128(u, _mm_set1_epi32(0x400000));
    const __m128i nan = _mm_castps_si128(_mm_cmpunord_ps(v, v));
    const __m128i all = _mm_or_si128(_mm_and_si128(nan, quiet), _mm_andnot_si128(nan, rounded));
    const __m128i wide = _mm_srai_epi32(all, 16);  // signed, so that packing does not saturate
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi32(wide, wide));
}
inline floats load_floats(const f16* p) { return _mm_setr_ps(float(p[0]), float(p[1]), float(p[2]), float(p[3])); }
inline void store(floats v, f16* p) {
    alignas(16) float x[4];
    _mm_store_ps(x, v);
    for (int l = 0; l < 4; ++l) p[l] = f16(x[l]);
}

inline floats load_first(const float* p, index_t n) {
    alignas(16) float x[4] = {};
    for (index_t l = 0; l < n; ++l) x[l] = p[l];
    return _mm_load_ps(x);
}
inline void store_first(floats v, float* p, index_t n) {
    alignas(16) float x[4];
    _mm_store_ps(x, v);
    for (index_t l = 0; l < n; ++l) p[l] = x[l];
}

}
