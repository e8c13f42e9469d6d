// 16-bit floating-point storage types and their exact scalar conversions.
#pragma once

#include <bit>
#include <cstdint>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

// The upper half of a float. Conversion rounds to nearest even; NaN stays NaN.
struct bf16 {
    std::uint16_t bits = 0;

    bf16() = default;
    explicit constexpr bf16(float x) {
        const auto u = std::bit_cast<std::uint32_t>(x);
        if ((u & 0x7fffffffu) > 0x7f800000u) {
            bits = static_cast<std::uint16_t>((u >> 16) | 0x40u);
        } else {
            bits = static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
        }
    }
    explicit constexpr operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

    static constexpr bf16 from_bits(std::uint16_t b) {
        bf16 h;
        h.bits = b;
        return h;
    }
    friend constexpr bool operator==(bf16 a, bf16 b) { return float(a) == float(b); }
};

// IEEE 754 binary16. Conversion rounds to nearest even; overflow gives infinity.
struct f16 {
    std::uint16_t bits = 0;

    f16() = default;
    explicit constexpr f16(float x) {
        const auto u = std::bit_cast<std::uint32_t>(x);
        const auto sign = static_cast<std::uint16_t>((u >> 16) & 0x8000u);
        const std::uint32_t magnitude = u & 0x7fffffffu;
        std::uint32_t half = 0;
        if (magnitude > 0x7f800000u) {
            half = 0x7e00u | ((magnitude >> 13) & 0x3ffu);
        } else if (magnitude >= 0x477ff000u) {  // rounds to 2^16 or more
            half = 0x7c00u;
        } else if (magnitude >= 0x38800000u) {  // normal
            half = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
        } else {  // sub-normal or zero: adding 2^-1 · 2^0 lets the float unit round to the last place of 2^-24
            const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
            half = std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u;
        }
        bits = static_cast<std::uint16_t>(half | sign);
    }
    explicit constexpr operator float() const {
        const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
        const std::uint32_t exponent = (bits >> 10) & 0x1fu;
        const std::uint32_t mantissa = bits & 0x3ffu;
        if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
        if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
        const float tiny = static_cast<float>(mantissa) * 0x1p-24f;
        return sign != 0 ? -tiny : tiny;
    }

    static constexpr f16 from_bits(std::uint16_t b) {
        f16 h;
        h.bits = b;
        return h;
    }
    friend constexpr bool operator==(f16 a, f16 b) { return float(a) == float(b); }
};

static_assert(sizeof(bf16) == 2 && sizeof(f16) == 2);

}
