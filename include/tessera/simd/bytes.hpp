// 32 bytes in registers, and the few operations that unpack quantised weights: load, mask, shift, spread bits, look up.
#pragma once

#include <cstdint>
#include <cstring>

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::simd {

#if defined(TESSERA_GENERIC) || !(defined(__SSE2__) || (defined(__ARM_NEON) && defined(__aarch64__)))

struct bytes {
    std::uint8_t v[32];
};
inline bytes load_bytes(const void* p) {
    bytes x;
    std::memcpy(x.v, p, 32);
    return x;
}
inline void store_bytes(bytes x, void* p) { std::memcpy(p, x.v, 32); }
inline bytes operator|(bytes a, bytes b) {
    for (int i = 0; i < 32; ++i) a.v[i] = std::uint8_t(a.v[i] | b.v[i]);
    return a;
}
inline bytes bits_at(bytes x, int shift, int keep) {
    for (std::uint8_t& b : x.v) b = std::uint8_t((b >> shift) & keep);
    return x;
}
inline bytes shifted_up(bytes x, int shift) {
    for (std::uint8_t& b : x.v) b = std::uint8_t(b << shift);
    return x;
}
inline bytes load_nibbles(const void* p) {
    bytes x;
    std::memcpy(x.v, p, 16);
    for (int i = 0; i < 16; ++i) x.v[16 + i] = std::uint8_t(x.v[i] >> 4);
    return bits_at(x, 0, 15);
}
inline bytes spread_bits(std::uint32_t bits, int value) {
    bytes x;
    for (int i = 0; i < 32; ++i) x.v[i] = std::uint8_t((bits >> i) & 1u ? value : 0);
    return x;
}
inline bytes look_up(const std::int8_t (&table)[16], bytes x) {
    for (std::uint8_t& b : x.v) b = std::uint8_t(table[b]);
    return x;
}

#elif defined(__AVX2__)

struct bytes {
    __m256i v;
};
inline bytes load_bytes(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
inline void store_bytes(bytes x, void* p) { _mm256_storeu_si256(static_cast<__m256i*>(p), x.v); }
inline bytes operator|(bytes a, bytes b) { return {_mm256_or_si256(a.v, b.v)}; }
// (x >> shift) & keep in every byte; keep has no bit that the shift would bring in from a neighbour.
inline bytes bits_at(bytes x, int shift, int keep) {
    return {_mm256_and_si256(_mm256_srli_epi16(x.v, shift), _mm256_set1_epi8(char(keep)))};
}
// x << shift, for bytes whose upper bits are clear.
inline bytes shifted_up(bytes x, int shift) { return {_mm256_slli_epi16(x.v, shift)}; }
// The low halves of 16 bytes, then their high halves.
inline bytes load_nibbles(const void* p) {
    const __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(p)));
    const __m256i halves = _mm256_srlv_epi32(twice, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4));
    return {_mm256_and_si256(halves, _mm256_set1_epi8(15))};
}
// Byte i is `value` where bit i is set, else 0.
inline bytes spread_bits(std::uint32_t bits, int value) {
    const __m256i each = _mm256_set1_epi64x(std::int64_t(0x8040201008040201u));
    const __m256i source = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(std::int32_t(bits)), source);
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, each), each);
    return {_mm256_and_si256(set, _mm256_set1_epi8(char(value)))};
}
// table[x] for bytes below 16.
inline bytes look_up(const std::int8_t (&table)[16], bytes x) {
    const __m256i t = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
    return {_mm256_shuffle_epi8(t, x.v)};
}

#elif defined(__SSE2__)

struct bytes {
    __m128i low, high;
};
inline bytes load_bytes(const void* p) {
    const auto* q = static_cast<const __m128i*>(p);
    return {_mm_loadu_si128(q), _mm_loadu_si128(q + 1)};
}
inline void store_bytes(bytes x, void* p) {
    auto* q = static_cast<__m128i*>(p);
    _mm_storeu_si128(q, x.low);
    _mm_storeu_si128(q + 1, x.high);
}
inline bytes operator|(bytes a, bytes b) { return {_mm_or_si128(a.low, b.low), _mm_or_si128(a.high, b.high)}; }
inline bytes bits_at(bytes x, int shift, int keep) {
    const __m128i m = _mm_set1_epi8(char(keep));
    return {_mm_and_si128(_mm_srli_epi16(x.low, shift), m), _mm_and_si128(_mm_srli_epi16(x.high, shift), m)};
}
inline bytes shifted_up(bytes x, int shift) { return {_mm_slli_epi16(x.low, shift), _mm_slli_epi16(x.high, shift)}; }
inline bytes load_nibbles(const void* p) {
    const __m128i x = _mm_loadu_si128(static_cast<const __m128i*>(p)), m = _mm_set1_epi8(15);
    return {_mm_and_si128(x, m), _mm_and_si128(_mm_srli_epi16(x, 4), m)};
}
inline bytes spread_bits(std::uint32_t bits, int value) {
    const __m128i each = _mm_set1_epi64x(std::int64_t(0x8040201008040201u)), v = _mm_set1_epi8(char(value));
    const auto copies = [&](int byte) { return std::int64_t(((bits >> (8 * byte)) & 255u) * 0x0101010101010101u); };
    const auto half = [&](int byte) {
        const __m128i spread = _mm_set_epi64x(copies(byte + 1), copies(byte));
        return _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(spread, each), each), v);
    };
    return {half(0), half(2)};
}
inline bytes look_up(const std::int8_t (&table)[16], bytes x) {
#if defined(__SSSE3__)
    const __m128i t = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return {_mm_shuffle_epi8(t, x.low), _mm_shuffle_epi8(t, x.high)};
#else
    std::uint8_t at[32];
    store_bytes(x, at);
    for (std::uint8_t& b : at) b = std::uint8_t(table[b]);
    return load_bytes(at);
#endif
}

#else

struct bytes {
    uint8x16_t low, high;
};
inline bytes load_bytes(const void* p) {
    const auto* q = static_cast<const std::uint8_t*>(p);
    return {vld1q_u8(q), vld1q_u8(q + 16)};
}
inline void store_bytes(bytes x, void* p) {
    auto* q = static_cast<std::uint8_t*>(p);
    vst1q_u8(q, x.low);
    vst1q_u8(q + 16, x.high);
}
inline bytes operator|(bytes a, bytes b) { return {vorrq_u8(a.low, b.low), vorrq_u8(a.high, b.high)}; }
inline bytes bits_at(bytes x, int shift, int keep) {
    const int8x16_t down = vdupq_n_s8(std::int8_t(-shift));
    const uint8x16_t m = vdupq_n_u8(std::uint8_t(keep));
    return {vandq_u8(vshlq_u8(x.low, down), m), vandq_u8(vshlq_u8(x.high, down), m)};
}
inline bytes shifted_up(bytes x, int shift) {
    const int8x16_t up = vdupq_n_s8(std::int8_t(shift));
    return {vshlq_u8(x.low, up), vshlq_u8(x.high, up)};
}
inline bytes load_nibbles(const void* p) {
    const uint8x16_t x = vld1q_u8(static_cast<const std::uint8_t*>(p));
    return {vandq_u8(x, vdupq_n_u8(15)), vshrq_n_u8(x, 4)};
}
inline bytes spread_bits(std::uint32_t bits, int value) {
    const uint8x16_t each = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    const uint8x16_t v = vdupq_n_u8(std::uint8_t(value));
    const auto half = [&](std::uint32_t b) {
        const uint8x16_t spread = vcombine_u8(vdup_n_u8(std::uint8_t(b)), vdup_n_u8(std::uint8_t(b >> 8)));
        return vandq_u8(vtstq_u8(spread, each), v);
    };
    return {half(bits), half(bits >> 16)};
}
inline bytes look_up(const std::int8_t (&table)[16], bytes x) {
    const uint8x16_t t = vreinterpretq_u8_s8(vld1q_s8(table));
    return {vqtbl1q_u8(t, x.low), vqtbl1q_u8(t, x.high)};
}

#endif

// Small integers, one in each lane.
inline ints load_ints(const std::int8_t* p) {
#if defined(__AVX512F__) && !defined(TESSERA_GENERIC)
    return ints(_mm512_maskz_cvtepi8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__) && !defined(TESSERA_GENERIC)
    return ints(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
    std::int32_t wide[lanes];
    for (index_t l = 0; l < lanes; ++l) wide[l] = p[l];
    return load_ints(wide);
#endif
}

}
