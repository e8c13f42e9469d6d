// The types: one register of floats, one of 32-bit integers, one of truth values; and what xsimd says the same way
// everywhere.
#pragma once

#include <bit>
#include <cstdint>

#include "tessera/core/types.hpp"
#include "tessera/simd/isa.hpp"

#if defined(TESSERA_GENERIC) || !(defined(__SSE2__) || (defined(__ARM_NEON) && defined(__aarch64__)))
#include "tessera/simd/generic.hpp"
#else
#include <xsimd/xsimd.hpp>

namespace tessera::inline TESSERA_ABI::simd {

using floats = xsimd::batch<float>;
using ints = xsimd::batch<std::int32_t>;
using mask = xsimd::batch_bool<float>;
using ints_mask = xsimd::batch_bool<std::int32_t>;

inline floats abs(floats a) { return xsimd::abs(a); }
inline floats select(mask m, floats a, floats b) { return xsimd::select(m, a, b); }
inline bool any(mask m) { return xsimd::any(m); }
inline bool all(mask m) { return xsimd::all(m); }

inline floats load_floats(const float* p) { return floats::load_unaligned(p); }
inline ints load_ints(const std::int32_t* p) { return ints::load_unaligned(p); }
inline void store(floats v, float* p) { v.store_unaligned(p); }
inline void store(ints v, std::int32_t* p) { v.store_unaligned(p); }

}

#if defined(__AVX512F__)
#include "tessera/simd/avx512.hpp"
#elif defined(__AVX__)
#include "tessera/simd/avx.hpp"
#elif defined(__SSE2__)
#include "tessera/simd/sse.hpp"
#else
#include "tessera/simd/neon.hpp"
#endif
#endif
