// One register of floats and of 32-bit integers, and what can be done with them.
//
// Each operation also exists for plain float and int32 with the same bits as a lane of the register form, so that a
// functor written once serves vector bodies and scalar tails.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "tessera/core/bits.hpp"
#include "tessera/core/types.hpp"
#include "tessera/simd/registers.hpp"

namespace tessera::inline TESSERA_ABI::simd {

inline constexpr index_t lanes = index_t(floats::size);

// --- construction ---
template <class V>
V broadcast(float x) {
    return V(x);
}
inline floats zero() { return floats(0.0f); }
inline ints iota() {
    std::int32_t i[lanes];
    for (index_t l = 0; l < lanes; ++l) i[l] = std::int32_t(l);
    return load_ints(i);
}

// --- memory; nothing needs to be aligned ---
// load<V>: V is float in tails and floats in bodies; the stored type may be float, bf16 or f16. store(v, p) rounds to
// the nearest, ties to even.
template <class V = floats, class T>
V load(const T* p) {
    if constexpr (std::is_same_v<V, float>) {
        return float(*p);
    } else {
        return load_floats(p);
    }
}
template <class T>
void store(float v, T* p) {
    *p = T(v);
}

// The first n of lanes elements; the others read as zero and are not touched in memory. 0 <= n <= lanes.
template <class T>
floats load_first(const T* p, index_t n) {
    T x[lanes] = {};
    for (index_t l = 0; l < n; ++l) x[l] = p[l];
    return load_floats(x);
}
template <class T>
void store_first(floats v, T* p, index_t n) {
    T x[lanes];
    store(v, x);
    for (index_t l = 0; l < n; ++l) p[l] = x[l];
}

// --- arithmetic: fmadd(a, b, c) = a · b + c, fnmadd(a, b, c) = c - a · b, rounded once where the processor can ---
inline float fmadd(float a, float b, float c) {
    if constexpr (fused) {
        return std::fma(a, b, c);
    } else {
        return a * b + c;
    }
}
inline float fnmadd(float a, float b, float c) { return fmadd(-a, b, c); }
// Rounded to the nearest everywhere: xsimd's / is not on AArch64.
inline float divide(float a, float b) { return a / b; }
// The second argument when either is NaN: min(bound, x) keeps a NaN in x, min(x, bound) drops it.
inline float min(float a, float b) { return a < b ? a : b; }
inline float max(float a, float b) { return a > b ? a : b; }
inline float abs(float a) { return std::fabs(a); }
inline float sqrt(float a) { return std::sqrt(a); }

// --- choice ---
inline float select(bool m, float a, float b) { return m ? a : b; }
inline bool any(bool m) { return m; }
inline bool all(bool m) { return m; }
inline mask as_mask(mask m) { return m; }
inline mask as_mask(ints_mask m) { return std::bit_cast<mask>(m); }
inline mask as_mask(bool b) { return floats(b ? 1.0f : 0.0f) != floats(0.0f); }

// --- conversion ---
inline float to_floats(std::int32_t v) { return static_cast<float>(v); }
inline std::int32_t to_ints(float v) { return static_cast<std::int32_t>(v); }                     // towards zero
inline std::int32_t to_nearest(float v) { return static_cast<std::int32_t>(std::nearbyint(v)); }  // ties to even
inline ints bits_of(floats v) { return std::bit_cast<ints>(v); }
inline floats floats_of(ints v) { return std::bit_cast<floats>(v); }
// |magnitude| with the sign of `sign`; the magnitude must not be negative.
inline floats with_sign(floats magnitude, floats sign) {
    return floats_of(bits_of(magnitude) | (bits_of(sign) & ints(INT32_MIN)));
}

// --- reductions over the lanes, always in the same tree: the upper half is folded onto the lower until one is left ---
inline float first(float v) { return v; }
inline float reduce_add(float v) { return v; }
inline float reduce_max(float v) { return v; }

}
