// iq4_nl: 32 weights d · level[q], q of 4 bits into a table of unequal steps.
#pragma once

#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct iq4_nl {
    struct block {
        stored_f16 d;
        std::uint8_t qs[16];  // low nibbles: weights 0 … 15, high nibbles: 16 … 31
    };
    static constexpr storage id = storage::iq4_nl;
    static constexpr code_kind kind{.largest = 127, .is_signed = true};

    // As GGUF fixes them.
    static constexpr std::int8_t levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};

    static void decode(const block& b, float* x) {
        for (int i = 0; i < 16; ++i) {
            x[i] = float(b.d) * float(levels[b.qs[i] & 15]);
            x[i + 16] = float(b.d) * float(levels[b.qs[i] >> 4]);
        }
    }

    static simd::bytes codes(const block& b, index_t) { return simd::look_up(levels, level_numbers(b, 0)); }
    static simd::bytes level_numbers(const block& b, index_t) { return simd::load_nibbles(b.qs); }
    static f16 scale(const block& b) { return b.d.value(); }
};

static_assert(format<iq4_nl>);

}
