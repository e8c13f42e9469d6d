// The integer operations that products of quantised weights are made of, in plain loops: the definition of each.
#pragma once

#include <cstdint>
#include <cstring>

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

using quant::code_kind;

// Four bytes, or two 16-bit numbers, as they lie.
inline std::int32_t load_raw(const void* p) {
    std::int32_t w;
    std::memcpy(&w, p, 4);
    return w;
}

// How many sums of two products fit 16 bits: eight of codes up to 15, one of codes up to 128. |activation| <= 127.
constexpr int pairs_in_16_bits(code_kind kind) {
    const int n = 32767 / (2 * kind.largest * 127);
    return n < 8 ? n : 8;
}

// Codes are multiplied in quads, [lane][4 codes]: four codes of each of `lanes` weight rows fill a register. All sums
// are exact, so that every instruction set gives the same integers.
struct dot_generic {
    static constexpr index_t lanes = simd::lanes;
    static constexpr int row_tile = 4;  // rows of activations that share a loaded quad

    struct quad {
        std::uint8_t code[4 * lanes];
    };
    using activation = const std::int8_t*;  // [4]
    struct wide {                           // sums of products on their way to ints
        std::int32_t sum[lanes];
    };

    static quad load_quad(const std::byte* p) {
        quad q;
        std::memcpy(q.code, p, sizeof q.code);
        return q;
    }
    static void store_quad(const quad& q, std::byte* p) { std::memcpy(p, q.code, sizeof q.code); }
    // (q >> shift) & keep in every byte, for a keep without bits that come from a neighbour; and (q << shift) & keep.
    static quad bits_down(quad q, int shift, int keep) {
        for (std::uint8_t& c : q.code) c = std::uint8_t((c >> shift) & keep);
        return q;
    }
    static quad bits_up(quad q, int shift, int keep) {
        for (std::uint8_t& c : q.code) c = std::uint8_t((c << shift) & keep);
        return q;
    }
    static quad join(quad a, const quad& b) {
        for (index_t i = 0; i < 4 * lanes; ++i) a.code[i] = std::uint8_t(a.code[i] | b.code[i]);
        return a;
    }
    // table[q] for bytes below 16.
    static quad look_up(const std::int8_t (&table)[16], quad q) {
        for (std::uint8_t& c : q.code) c = std::uint8_t(table[c]);
        return q;
    }
    static activation broadcast(const std::int8_t* p) { return p; }
    static wide zero() { return {}; }

    // How many quads may be accumulated before a wide could overflow.
    template <code_kind Kind>
    static constexpr int batch = 8;

    template <code_kind Kind>
    static wide accumulate(wide w, const quad& codes, activation a) {
        for (index_t l = 0; l < lanes; ++l)
            for (int i = 0; i < 4; ++i) w.sum[l] += value<Kind>(codes.code[4 * l + i]) * a[i];
        return w;
    }
    static simd::ints narrow(const wide& w) { return simd::load_ints(w.sum); }

    // Eight quads from the 32 codes of each row.
    static void store_quads(const simd::bytes (&rows)[lanes], std::byte* to) {
        for (index_t l = 0; l < lanes; ++l) {
            std::byte codes[32];
            simd::store_bytes(rows[l], codes);
            for (index_t q = 0; q < 8; ++q) std::memcpy(to + 4 * (q * lanes + l), codes + 4 * q, 4);
        }
    }

    // s[0] · first + s[1] · second in all lanes.
    static simd::ints weigh(const std::int16_t* s, int first, int second) {
        return simd::ints(std::int32_t(s[0] * first + s[1] * second));
    }

private:
    template <code_kind Kind>
    static std::int32_t value(std::uint8_t code) {
        return Kind.is_signed ? std::int32_t(std::int8_t(code)) : std::int32_t(code);
    }
};

}
