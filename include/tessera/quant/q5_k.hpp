// q5_k: 256 weights in eight groups, each d · s · q − dmin · m with q of 5 bits, s and m of 6.
#pragma once

#include "tessera/quant/format.hpp"
#include "tessera/quant/k_factors.hpp"

namespace tessera::inline TESSERA_ABI::quant {

struct q5_k {
    struct block {
        stored_f16 d, dmin;
        k_factors factors;
        std::uint8_t qh[32];   // bit g of byte i is the fifth bit of weight i in group g
        std::uint8_t qs[128];  // 32 bytes hold two groups: one in the low nibbles, the next in the high ones
    };
    static constexpr storage id = storage::q5_k;
    static constexpr code_kind kind{.largest = 31, .has_base = true};

    static void decode(const block& b, float* x) {
        for (int g = 0; g < 8; ++g) {
            const float scale = float(b.d) * float(b.factors.scale(g));
            const float minimum = float(b.dmin) * float(b.factors.minimum(g));
            for (int i = 0; i < 32; ++i) {
                const int q = (b.qs[g / 2 * 32 + i] >> (g % 2 * 4) & 15) | (b.qh[i] >> g & 1) << 4;
                x[32 * g + i] = scale * float(q) - minimum;
            }
        }
    }

    static simd::bytes codes(const block& b, index_t group) {
        const simd::bytes low = simd::bits_at(simd::load_bytes(b.qs + group / 2 * 32), int(group % 2) * 4, 15);
        return low | simd::shifted_up(simd::bits_at(simd::load_bytes(b.qh), int(group), 1), 4);
    }
    static f16 scale(const block& b) { return b.d.value(); }
    static f16 base(const block& b) { return negated(b.dmin.value()); }

    static constexpr int factor_words = 3;
    static const void* factor_bytes(const block& b) { return b.factors.packed; }
    template <int Group>
    static simd::ints scale_factor(const simd::ints* words) {
        return k_factors::scales<Group>(words);
    }
    template <int Group>
    static simd::ints base_factor(const simd::ints* words) {
        return k_factors::minima<Group>(words);
    }
};

static_assert(format<q5_k> && has_factors<q5_k>);

}
