// How the eight quads of a group of 32 codes are packed: two to a register of low nibbles and high nibbles, the bits
// beyond four in registers of their own.
#pragma once

#include "tessera/gemm/kernel/dot.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

template <int Bits>
struct packed_codes {
    static_assert(Bits == 4 || Bits == 5 || Bits == 6 || Bits == 8);
    static constexpr index_t quad_bytes = 4 * dot::lanes;
    static constexpr index_t bytes = quad_bytes * Bits;  // of a group

    // quads: [8][lanes][4], a byte a code.
    static void pack(const std::byte* quads, std::byte* to) {
        if constexpr (Bits == 8) {
            std::memcpy(to, quads, std::size_t(bytes));
        } else {
            for (index_t i = 0; i < quad_bytes; ++i) pack_byte(quads + i, to + i);
        }
    }

    static dot::quad load(const std::byte* group, int quad) {
        if constexpr (Bits == 8) {
            return dot::load_quad(group + quad * quad_bytes);
        } else {
            const dot::quad low = dot::bits_down(dot::load_quad(group + quad / 2 * quad_bytes), quad % 2 * 4, 15);
            if constexpr (Bits == 4) return low;
            const dot::quad rest = dot::load_quad(group + (4 + quad / quads_of_rest) * quad_bytes);
            // The bits of quad q begin at its place in the byte and belong at bit 4.
            const int from = quad % quads_of_rest * (Bits - 4), keep = Bits == 5 ? 16 : 48;
            return dot::join(low, from < 4 ? dot::bits_up(rest, 4 - from, keep) : dot::bits_down(rest, from - 4, keep));
        }
    }

private:
    static constexpr int quads_of_rest = Bits > 4 && Bits < 8 ? 8 / (Bits - 4) : 8;

    static void pack_byte(const std::byte* quads, std::byte* to) {
        const auto code = [&](index_t q) { return quads[q * quad_bytes]; };
        for (index_t v = 0; v < 4; ++v) to[v * quad_bytes] = (code(2 * v) & std::byte(15)) | (code(2 * v + 1) << 4);
        for (index_t v = 0; v < Bits - 4; ++v) {
            std::byte rest{};
            for (int q = 0; q < quads_of_rest; ++q) rest |= (code(v * quads_of_rest + q) >> 4) << (q * (Bits - 4));
            to[(4 + v) * quad_bytes] = rest;
        }
    }
};

}
