// The 6-bit scales and minima of the eight groups of a q4_k or q5_k block, packed in 12 bytes.
#pragma once

#include <cstdint>

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::quant {

// The lower six bits of bytes 0 … 3 and 4 … 7 are the scales and the minima of groups 0 … 3. Their upper two bits are
// the upper bits of groups 4 … 7, whose lower four lie in bytes 8 … 11, scale below minimum.
struct k_factors {
    std::uint8_t packed[12];

    constexpr int scale(int group) const {
        return group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
    }
    constexpr int minimum(int group) const {
        return group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | (packed[group] >> 6) << 4;
    }

    // The same from the three words of one block per lane.
    template <int Group>
    static simd::ints scales(const simd::ints* word) {
        if constexpr (Group == 0)
            return word[0] & simd::ints(63);
        else if constexpr (Group < 4)
            return simd::shift_right<8 * Group>(word[0]) & simd::ints(63);
        else if constexpr (Group == 4)
            return (word[2] & simd::ints(15)) | upper_bits<Group>(word[0]);
        else
            return (simd::shift_right<8 * Group - 32>(word[2]) & simd::ints(15)) | upper_bits<Group>(word[0]);
    }
    template <int Group>
    static simd::ints minima(const simd::ints* word) {
        if constexpr (Group == 0)
            return word[1] & simd::ints(63);
        else if constexpr (Group < 4)
            return simd::shift_right<8 * Group>(word[1]) & simd::ints(63);
        else
            return (simd::shift_right<8 * Group - 28>(word[2]) & simd::ints(15)) | upper_bits<Group>(word[1]);
    }

private:
    // The two upper bits of byte Group − 4, put above four others.
    template <int Group>
    static simd::ints upper_bits(simd::ints word) {
        return simd::shift_right<8 * Group - 30>(word) & simd::ints(48);
    }
};

}
