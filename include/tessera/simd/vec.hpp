// One register of floats and of 32-bit integers, and what can be done with them; the only header that spells xsimd.
//
// Each operation also exists for plain float and int32, so that a functor written once serves vector bodies and scalar tails.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include <xsimd/xsimd.hpp>

#include "tessera/core/bits.hpp"
#include "tessera/core/types.hpp"
#include "tessera/simd/isa.hpp"

namespace tessera::inline TESSERA_ABI::simd {

using floats = xsimd::batch<float>;
using ints = xsimd::batch<std::int32_t>;
using mask = xsimd::batch_bool<float>;

inline constexpr index_t lanes = index_t(floats::size);

// --- construction ---
template <class V>
V broadcast(float x) {
    return V(x);
}
inline floats zero() { return floats(0.0f); }
inline ints iota() {
    alignas(64) std::int32_t i[lanes];
    for (index_t l = 0; l < lanes; ++l) i[l] = std::int32_t(l);
    return ints::load_aligned(i);
}

// --- memory; nothing needs to be aligned ---
// load<V>: V is float in tails and floats in bodies; the stored type may be float, bf16 or f16.
template <class V = floats, class T>
V load(const T* p);
template <class T>
void store(floats v, T* p);
inline void store(float v, float* p) { *p = v; }
inline void store(ints v, std::int32_t* p) { v.store_unaligned(p); }
inline ints load_ints(const std::int32_t* p) { return ints::load_unaligned(p); }

// The first n of lanes elements; the others read as zero and are not touched in memory. 0 <= n <= lanes.
template <class T>
floats load_first(const T* p, index_t n);
template <class T>
void store_first(floats v, T* p, index_t n);

// --- arithmetic ---
// a · b + c, rounded once where the processor can.
inline floats fmadd(floats a, floats b, floats c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#else
    return xsimd::fma(a, b, c);
#endif
}
// c - a · b
inline floats fnmadd(floats a, floats b, floats c) { return fmadd(-a, b, c); }
inline float fmadd(float a, float b, float c) { return std::fma(a, b, c); }
inline float fnmadd(float a, float b, float c) { return std::fma(-a, b, c); }

inline floats min(floats a, floats b) { return xsimd::min(a, b); }
inline floats max(floats a, floats b) { return xsimd::max(a, b); }
inline floats abs(floats a) { return xsimd::abs(a); }
inline floats sqrt(floats a) { return xsimd::sqrt(a); }
inline float min(float a, float b) { return a < b ? a : b; }
inline float max(float a, float b) { return a > b ? a : b; }
inline float abs(float a) { return std::fabs(a); }
inline float sqrt(float a) { return std::sqrt(a); }

// --- choice ---
inline floats select(mask m, floats a, floats b) { return xsimd::select(m, a, b); }
inline float select(bool m, float a, float b) { return m ? a : b; }
inline mask as_mask(mask m) { return m; }
inline mask as_mask(xsimd::batch_bool<std::int32_t> m) { return std::bit_cast<mask>(m); }
inline mask as_mask(bool b) { return floats(b ? 1.0f : 0.0f) != floats(0.0f); }

// --- conversion ---
inline floats to_floats(ints v) { return xsimd::to_float(v); }
inline ints to_ints(floats v) { return xsimd::to_int(v); }  // towards zero
inline float to_floats(std::int32_t v) { return static_cast<float>(v); }
inline ints bits_of(floats v) { return std::bit_cast<ints>(v); }
inline floats floats_of(ints v) { return std::bit_cast<floats>(v); }

// --- reductions over the lanes, always in the same tree: the halves are added until one is left ---
inline float reduce_add(floats v) {
    alignas(64) float x[lanes];
    v.store_aligned(x);
    for (index_t half = lanes / 2; half > 0; half /= 2)
        for (index_t l = 0; l < half; ++l) x[l] += x[l + half];
    return x[0];
}
inline float reduce_max(floats v) {
    alignas(64) float x[lanes];
    v.store_aligned(x);
    for (index_t half = lanes / 2; half > 0; half /= 2)
        for (index_t l = 0; l < half; ++l) x[l] = max(x[l], x[l + half]);
    return x[0];
}
inline float reduce_add(float v) { return v; }
inline float reduce_max(float v) { return v; }

// --- definitions of load and store ---
template <>
inline floats load<floats, float>(const float* p) {
    return floats::load_unaligned(p);
}
template <>
inline floats load<floats, bf16>(const bf16* p) {
#if defined(__AVX512F__)
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
#elif defined(__AVX2__)
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
#else
    alignas(64) float x[lanes];
    for (index_t l = 0; l < lanes; ++l) x[l] = float(p[l]);
    return floats::load_aligned(x);
#endif
}
template <>
inline floats load<floats, f16>(const f16* p) {
#if defined(__AVX512F__)
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
#elif defined(__F16C__)
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
#else
    alignas(64) float x[lanes];
    for (index_t l = 0; l < lanes; ++l) x[l] = float(p[l]);
    return floats::load_aligned(x);
#endif
}
template <>
inline float load<float, float>(const float* p) {
    return *p;
}
template <>
inline float load<float, bf16>(const bf16* p) {
    return float(*p);
}
template <>
inline float load<float, f16>(const f16* p) {
    return float(*p);
}

template <class T>
void store(floats v, T* p) {
    if constexpr (sizeof(T) == sizeof(float)) {
        v.store_unaligned(p);
    } else {
        alignas(64) float x[lanes];
        v.store_aligned(x);
        for (index_t l = 0; l < lanes; ++l) p[l] = T(x[l]);
    }
}
template <class T>
floats load_first(const T* p, index_t n) {
    alignas(64) float x[lanes] = {};
    for (index_t l = 0; l < n; ++l) x[l] = float(p[l]);
    return floats::load_aligned(x);
}
template <class T>
void store_first(floats v, T* p, index_t n) {
    alignas(64) float x[lanes];
    v.store_aligned(x);
    for (index_t l = 0; l < n; ++l) p[l] = T(x[l]);
}

}
