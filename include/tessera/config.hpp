// Version, and the inline namespace that keeps copies compiled for different processors apart.
#pragma once

#define TESSERA_VERSION_MAJOR 0
#define TESSERA_VERSION_MINOR 1
#define TESSERA_VERSION_PATCH 0

// Two translation units compiled for different instruction sets must not share an inline function: the linker keeps one of
// them, and it may be the one that the processor cannot run. Every name of the library therefore lives in a namespace that
// says for what it was compiled. -DTESSERA_GENERIC asks for plain C++ whatever the processor.
#if defined(TESSERA_GENERIC)
#define TESSERA_ABI v0_1_generic
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define TESSERA_ABI v0_1_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define TESSERA_ABI v0_1_avx2
#elif defined(__SSE4_2__)
#define TESSERA_ABI v0_1_sse4_2
#elif defined(__SSE2__)
#define TESSERA_ABI v0_1_sse2
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define TESSERA_ABI v0_1_neon64
#else
#define TESSERA_ABI v0_1_generic
#endif

namespace tessera::inline TESSERA_ABI {}
