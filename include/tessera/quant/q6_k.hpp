// q6_k: 256 weights d · s · (q − 32), q of 6 bits, one signed 8-bit s per 16 weights.
#pragma once

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct q6_k {
    struct block {
        std::uint8_t
            ql[128];  // each half of a block: groups 0 and 1 in the low nibbles of 64 bytes, 2 and 3 in the high ones
        std::uint8_t qh[64];  // each half of a block: two upper bits of groups 0 … 3 in 32 bytes, from the lowest
        std::int8_t scales[16];
        stored_f16 d;
    };
    static constexpr storage id = storage::q6_k;
    static constexpr code_kind kind{.largest = 63, .offset = 32, .span = 16};

    static void decode(const block& b, float* x) {
        for (int i = 0; i < 256; ++i) {
            const int half = i / 128, group = i / 32 % 4, at = i % 32;
            const int low = b.ql[half * 64 + group % 2 * 32 + at] >> (group / 2 * 4) & 15;
            const int high = b.qh[half * 32 + at] >> (group * 2) & 3;
            x[i] = float(b.d) * float(b.scales[i / 16]) * float((low | high << 4) - 32);
        }
    }

    static simd::bytes codes(const block& b, index_t group) {
        const index_t half = group / 4, g = group % 4;
        const simd::bytes low = simd::bits_at(simd::load_bytes(b.ql + half * 64 + g % 2 * 32), int(g / 2) * 4, 15);
        return low | simd::shifted_up(simd::bits_at(simd::load_bytes(b.qh + half * 32), int(g) * 2, 3), 4);
    }
    static f16 scale(const block& b) { return b.d.value(); }

    static constexpr int factor_words = 4;
    static const void* factor_bytes(const block& b) { return b.scales; }
    template <int Span>
    static simd::ints scale_factor(const simd::ints* words) {
        return simd::shift_right<24>(simd::shift_left<24 - Span % 4 * 8>(words[Span / 4]));  // with its sign
    }
};

static_assert(format<q6_k> && has_factors<q6_k>);

}
