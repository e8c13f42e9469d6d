// The integer operations of this build's instruction set.
#pragma once

#include <type_traits>

#include "tessera/gemm/kernel/dot_avx2.hpp"
#include "tessera/gemm/kernel/dot_avx512.hpp"
#include "tessera/gemm/kernel/dot_generic.hpp"
#include "tessera/gemm/kernel/dot_neon.hpp"
#include "tessera/gemm/kernel/dot_sse.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

dot_generic dot_of(simd::generic);
#if defined(TESSERA_GENERIC)
#elif defined(__AVX512BW__) && defined(__AVX512DQ__)
dot_avx512 dot_of(simd::avx512);
#elif defined(__AVX2__) && !defined(__AVX512F__)
dot_avx2 dot_of(simd::avx2);
#elif defined(__SSE2__) && !defined(__AVX__)
dot_sse2 dot_of(simd::sse2);
#if defined(__SSSE3__)
dot_sse4_2 dot_of(simd::sse4_2);
#endif
#elif defined(__ARM_NEON) && defined(__aarch64__)
dot_neon dot_of(simd::neon64);
#endif

// Builds between two tags (AVX without AVX2, AVX-512 without BW) take the plain loops.
using dot = decltype(dot_of(simd::isa{}));
static_assert(dot::lanes == simd::lanes);

}
