// The instruction sets as tags: a newer one inherits from the one it extends, so a kernel that it does not improve is
// found in its parent by overload resolution.
#pragma once

#include "tessera/config.hpp"

namespace tessera::inline TESSERA_ABI::simd {

struct generic {
    static constexpr const char* name = "generic";
};

struct sse2 : generic {
    static constexpr const char* name = "sse2";
};
struct sse4_2 : sse2 {
    static constexpr const char* name = "sse4_2";
};
struct avx2 : sse4_2 {  // with FMA and F16C
    static constexpr const char* name = "avx2";
};
struct avx512 : avx2 {  // F, BW, DQ, VL
    static constexpr const char* name = "avx512";
};

struct neon64 : generic {
    static constexpr const char* name = "neon64";
};

// What this translation unit is compiled for.
#if defined(TESSERA_GENERIC)
using isa = generic;
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
using isa = avx512;
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
using isa = avx2;
#elif defined(__SSE4_2__)
using isa = sse4_2;
#elif defined(__SSE2__)
using isa = sse2;
#elif defined(__ARM_NEON) && defined(__aarch64__)
using isa = neon64;
#else
using isa = generic;
#endif

}
