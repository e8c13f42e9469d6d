// What a block format is: codes in groups of 32 weights, and the scales that turn them into numbers.
//
// A row of weights is a row of blocks; a block holds one or more groups of 32 weights, and
//
//     weight = scale · (code − offset) + base
//
// with one scale per span of 16 or 32 weights and one base (or none) per group. The scale is a 16-bit number of the
// block (f16 or bf16), times a small integer of the span where the format has those (`factors`); likewise the base.
// Both products are exact in float. To add a format: one header like q4_0.hpp, its line in storage.hpp and its line in
// each of any.hpp and linear.hpp.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tessera/quant/storage.hpp"
#include "tessera/simd/bytes.hpp"

namespace tessera::inline TESSERA_ABI::quant {

inline constexpr index_t group_size = 32;

// What integer products need to know of a format's codes; formats of the same kind share their kernels.
struct code_kind {
    int largest = 0;         // bound of |code|
    bool is_signed = false;  // codes are int8, otherwise uint8
    int offset = 0;
    int span = 32;  // weights with one scale: 16 or 32
    bool has_base = false;

    friend constexpr bool operator==(code_kind, code_kind) = default;
    constexpr int spans() const { return 32 / span; }  // in a group
};

// A binary16 number at any address.
struct stored_f16 {
    std::uint8_t byte[2];

    constexpr f16 value() const { return f16::from_bits(std::uint16_t(byte[0] | byte[1] << 8)); }
    explicit constexpr operator float() const { return float(value()); }
};

constexpr f16 negated(f16 x) { return f16::from_bits(std::uint16_t(x.bits ^ 0x8000u)); }

// The i-th little-endian 32-bit word at any address.
inline std::int32_t load_word(const void* p, int i) {
    const auto* b = static_cast<const std::uint8_t*>(p) + 4 * i;
    return std::int32_t(std::uint32_t(b[0]) | std::uint32_t(b[1]) << 8 | std::uint32_t(b[2]) << 16 |
                        std::uint32_t(b[3]) << 24);
}

// decode() is the definition; the others say the same to those who pack weights.
template <class F>
concept format = requires(const typename F::block& block, index_t group, float* x) {
    { F::id } -> std::convertible_to<storage>;
    { F::kind } -> std::convertible_to<code_kind>;
    { F::codes(block, group) } -> std::same_as<simd::bytes>;
    requires std::same_as<decltype(F::scale(block)), f16> || std::same_as<decltype(F::scale(block)), bf16>;
    F::decode(block, x);
}
&&sizeof(typename F::block) == std::size_t(traits_of(F::id).block_bytes) && alignof(typename F::block) == 1;

// The small integers of a block, unpacked from 32-bit words of it, one block per lane.
template <class F>
concept has_factors = requires(const typename F::block& block, const simd::ints* words) {
    { F::factor_words } -> std::convertible_to<int>;
    { F::factor_bytes(block) } -> std::same_as<const void*>;
    { F::template scale_factor<0>(words) } -> std::same_as<simd::ints>;  // of span 0; base_factor<0> is that of group 0
};

// Codes that are places in a table.
template <class F>
concept has_levels = requires(const typename F::block& block, index_t group) {
    { F::level_numbers(block, group) } -> std::same_as<simd::bytes>;
    F::levels[15];
};

template <format F>
using scale_type = decltype(F::scale(std::declval<const typename F::block&>()));
template <format F>
inline constexpr index_t block_elements = traits_of(F::id).block_elements;
template <format F>
inline constexpr index_t block_groups = block_elements<F> / group_size;
template <format F>
inline constexpr index_t block_spans = block_groups<F>* F::kind.spans();
// Bits that a code needs.
template <format F>
inline constexpr int code_bits = has_levels<F>       ? 4
                                 : F::kind.is_signed ? 8
                                                     : int(std::bit_width(unsigned(F::kind.largest)));

}
