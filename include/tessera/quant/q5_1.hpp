// q5_1: 32 weights d · q + m, q of 5 bits.
#pragma once

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct q5_1 {
    struct block {
        stored_f16 d, m;
        std::uint8_t qh[4];   // bit i is the fifth bit of weight i
        std::uint8_t qs[16];  // low nibbles: weights 0 … 15, high nibbles: 16 … 31
    };
    static constexpr storage id = storage::q5_1;
    static constexpr code_kind kind{.largest = 31, .has_base = true};

    static void decode(const block& b, float* x) {
        const auto high = std::uint32_t(load_word(b.qh, 0));
        for (int i = 0; i < 32; ++i) {
            const int low = i < 16 ? b.qs[i] & 15 : b.qs[i - 16] >> 4;
            x[i] = float(b.d) * float(low | int(high >> i & 1u) << 4) + float(b.m);
        }
    }

    static simd::bytes codes(const block& b, index_t) {
        return simd::load_nibbles(b.qs) | simd::spread_bits(std::uint32_t(load_word(b.qh, 0)), 16);
    }
    static f16 scale(const block& b) { return b.d.value(); }
    static f16 base(const block& b) { return b.m.value(); }
};

static_assert(format<q5_1>);

}
