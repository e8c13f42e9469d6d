// What a block format is: codes in groups of 32 weights, and the scales that turn them into numbers.
//
// A row of weights is a row of blocks; a block holds one or more groups of 32 weights, and
//
//     weight = scale · (code − offset) + base
//
// with one scale per span of 16 or 32 weights and one base (or none) per group. The scale is a binary16 number of the
// block, times a small integer of the span where the format has those (`factors`); likewise the base. Both products are
// exact in float. To add a format: one header like q4_0.hpp, its line in storage.hpp and its line in each of any.hpp
// and linear.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

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

// Little-endian words at any address.
inline std::uint32_t load_u32(const void* p) {
    const auto* b = static_cast<const std::uint8_t*>(p);
    return std::uint32_t(b[0]) | std::uint32_t(b[1]) << 8 | std::uint32_t(b[2]) << 16 | std::uint32_t(b[3]) << 24;
}
inline std::uint64_t load_u64(const void* p) {
    return load_u32(p) | std::uint64_t(load_u32(static_cast<const std::uint8_t*>(p) + 4)) << 32;
}

// decode() is the definition; the others say the same to the vector loops.
template <class F>
concept format = requires(const typename F::block& block, index_t group, float* x) {
    { F::id } -> std::convertible_to<storage>;
    { F::kind } -> std::convertible_to<code_kind>;
    { F::codes(block, group) } -> std::same_as<simd::bytes>;
    { F::scale(block) } -> std::same_as<f16>;
    F::decode(block, x);
}
&&sizeof(typename F::block) == std::size_t(traits_of(F::id).block_bytes) && alignof(typename F::block) == 1;

// The small integers of a block: one per span for scales, one per group for bases, in bytes from the lowest.
template <class F>
concept has_factors = requires(const typename F::block& block) {
    { F::scale_factors(block, 0) } -> std::same_as<std::uint64_t>;  // the eight of octet 0, 1 …
    { F::has_signed_factors } -> std::convertible_to<bool>;
};

template <format F>
inline constexpr index_t block_elements = traits_of(F::id).block_elements;
template <format F>
inline constexpr index_t block_groups = block_elements<F> / group_size;
template <format F>
inline constexpr index_t block_spans = block_groups<F>* F::kind.spans();

// Eight times eight bytes, transposed in place: byte i of x[j] becomes byte j of x[i].
constexpr void transpose_bytes(std::uint64_t* x) {
    constexpr std::uint64_t keep[3] = {0x00ff00ff00ff00ffu, 0x0000ffff0000ffffu, 0x00000000ffffffffu};
    for (int s = 0; s < 3; ++s) {
        const int step = 1 << s, bits = 8 << s;
        for (int i = 0; i < 8; ++i) {
            if (i & step) continue;
            const std::uint64_t low = x[i], high = x[i + step];
            x[i] = (low & keep[s]) | (high & keep[s]) << bits;
            x[i + step] = (low >> bits & keep[s]) | (high & ~keep[s]);
        }
    }
}

// The scales and bases of one block in each of simd::lanes rows, rows in lanes.
template <format F>
struct lane_scales {
    using block = typename F::block;

    simd::floats scale[std::size_t(block_spans<F>)];
    simd::floats base[std::size_t(F::kind.has_base ? block_groups<F> : 1)];

    explicit lane_scales(const block* const (&rows)[simd::lanes]) {
        const simd::floats unit = simd::gather_f16([&](int l) { return F::scale(*rows[l]).bits; });
        if constexpr (has_factors<F>) {
            for (index_t octet = 0; octet < block_spans<F> / 8; ++octet)
                multiply(
                    unit, rows, [&](const block& b) { return F::scale_factors(b, octet); }, scale + 8 * octet);
        } else {
            scale[0] = unit;
        }
        if constexpr (F::kind.has_base) {
            const simd::floats base_unit = simd::gather_f16([&](int l) { return F::base(*rows[l]).bits; });
            if constexpr (has_factors<F>) {
                multiply(
                    base_unit, rows, [](const block& b) { return F::base_factors(b); }, base);
            } else {
                base[0] = base_unit;
            }
        }
    }

private:
    template <class Factors>
    static void multiply(simd::floats unit, const block* const (&rows)[simd::lanes], Factors factors,
                         simd::floats* to) {
        constexpr index_t octets = ceil_div(simd::lanes, 8);
        std::uint64_t packed[8][octets];  // [factor][lane]
        for (index_t o = 0; o < octets; ++o) {
            std::uint64_t x[8] = {};
            for (index_t l = 8 * o; l < simd::lanes && l < 8 * o + 8; ++l) x[l - 8 * o] = factors(*rows[l]);
            transpose_bytes(x);
            for (index_t i = 0; i < 8; ++i) packed[i][o] = x[i];
        }
        for (index_t i = 0; i < 8; ++i) to[i] = unit * simd::floats_of_bytes(packed[i], F::has_signed_factors);
    }
};

}
