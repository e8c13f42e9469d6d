// What one 128-bit register of AArch64 does that xsimd lacks or spells with more instructions. Included by
// registers.hpp.
#pragma once

#include <arm_neon.h>

#include "tessera/core/bits.hpp"
#include "tessera/simd/registers.hpp"

namespace tessera::inline TESSERA_ABI::simd {

inline constexpr bool fused = true;  // fmadd rounds once

inline floats fmadd(floats a, floats b, floats c) { return vfmaq_f32(c, a, b); }
inline floats fnmadd(floats a, floats b, floats c) { return vfmsq_f32(c, a, b); }
// By comparison, not by fmin and fmax, so that a NaN is treated as in the scalar forms.
inline floats min(floats a, floats b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
inline floats max(floats a, floats b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
inline floats divide(floats a, floats b) { return vdivq_f32(a, b); }
inline floats sqrt(floats a) { return vsqrtq_f32(a); }
inline floats to_floats(ints v) { return vcvtq_f32_s32(v); }
inline ints to_ints(floats v) { return vcvtq_s32_f32(v); }  // towards zero
inline ints to_nearest(floats v) { return vcvtnq_s32_f32(v); }
// By a constant number of bits; to the right the sign is kept.
template <int Bits>
ints shift_left(ints v) {
    return vshlq_n_s32(v, Bits);
}
template <int Bits>
ints shift_right(ints v) {
    return vshrq_n_s32(v, Bits);
}

// Lanes 2i and 2i + 1 exchanged.
inline floats swap_neighbours(floats v) { return vrev64q_f32(v); }
inline float first(floats v) { return vgetq_lane_f32(v, 0); }

inline float reduce_add(floats v) {
    const float32x2_t x2 = vadd_f32(vget_low_f32(v), vget_high_f32(v));
    return vget_lane_f32(x2, 0) + vget_lane_f32(x2, 1);
}
inline float reduce_max(floats v) {
    const float32x2_t low = vget_low_f32(v), high = vget_high_f32(v);
    const float32x2_t x2 = vbsl_f32(vcgt_f32(low, high), low, high);
    const float a = vget_lane_f32(x2, 0), b = vget_lane_f32(x2, 1);
    return a > b ? a : b;
}

inline floats load_floats(const bf16* p) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p)), 16));
}
inline void store(floats v, bf16* p) {
    const uint32x4_t u = vreinterpretq_u32_f32(v);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
    const uint32x4_t rounded = vaddq_u32(u, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
    const uint32x4_t quiet = vorrq_u32(u, vdupq_n_u32(0x400000));
    const uint32x4_t number = vceqq_f32(v, v);
    vst1_u16(reinterpret_cast<std::uint16_t*>(p), vshrn_n_u32(vbslq_u32(number, rounded, quiet), 16));
}
inline floats load_floats(const f16* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p))));
}
inline void store(floats v, f16* p) {
    vst1_u16(reinterpret_cast<std::uint16_t*>(p), vreinterpret_u16_f16(vcvt_f16_f32(v)));
}

inline floats load_first(const float* p, index_t n) {
    alignas(16) float x[4] = {};
    for (index_t l = 0; l < n; ++l) x[l] = p[l];
    return vld1q_f32(x);
}
inline void store_first(floats v, float* p, index_t n) {
    alignas(16) float x[4];
    vst1q_f32(x, v);
    for (index_t l = 0; l < n; ++l) p[l] = x[l];
}

}
