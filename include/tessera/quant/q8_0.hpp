// q8_0: 32 weights d · q, q of 8 bits, signed.
#pragma once

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct q8_0 {
    struct block {
        stored_f16 d;
        std::int8_t qs[32];
    };
    static constexpr storage id = storage::q8_0;
    static constexpr code_kind kind{.largest = 128, .is_signed = true};

    static void decode(const block& b, float* x) {
        for (int i = 0; i < 32; ++i) x[i] = float(b.d) * float(b.qs[i]);
    }

    static simd::bytes codes(const block& b, index_t) { return simd::load_bytes(b.qs); }
    static f16 scale(const block& b) { return b.d.value(); }
};

static_assert(format<q8_0>);

}
