// q4_1: 32 weights d · q + m, q of 4 bits.
#pragma once

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct q4_1 {
    struct block {
        stored_f16 d, m;
        std::uint8_t qs[16];  // low nibbles: weights 0 … 15, high nibbles: 16 … 31
    };
    static constexpr storage id = storage::q4_1;
    static constexpr code_kind kind{.largest = 15, .has_base = true};

    static void decode(const block& b, float* x) {
        for (int i = 0; i < 16; ++i) {
            x[i] = float(b.d) * float(b.qs[i] & 15) + float(b.m);
            x[i + 16] = float(b.d) * float(b.qs[i] >> 4) + float(b.m);
        }
    }

    static simd::bytes codes(const block& b, index_t) { return simd::load_nibbles(b.qs); }
    static f16 scale(const block& b) { return b.d.value(); }
    static f16 base(const block& b) { return b.m.value(); }
};

static_assert(format<q4_1>);

}
