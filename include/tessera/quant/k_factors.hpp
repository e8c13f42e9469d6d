// The 6-bit scales and minima of the eight groups of a q4_k or q5_k block, packed in 12 bytes.
#pragma once

#include <cstdint>
#include <cstring>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::quant {

// Groups 0 … 3: six bits of bytes 0 … 3 (scale) and 4 … 7 (minimum), whose two upper bits are the upper bits of
// groups 4 … 7; the lower four of those lie in bytes 8 … 11, scale below minimum.
struct k_factors {
    std::uint8_t packed[12];

    constexpr int scale(int group) const {
        return group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
    }
    constexpr int minimum(int group) const {
        return group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | (packed[group] >> 6) << 4;
    }

    // All eight, one per byte from the lowest.
    std::uint64_t scales() const { return six(word(0), word(8)); }
    std::uint64_t minima() const { return six(word(4), word(8) >> 4); }

private:
    std::uint32_t word(int at) const {
        return std::uint32_t(packed[at]) | std::uint32_t(packed[at + 1]) << 8 | std::uint32_t(packed[at + 2]) << 16 |
               std::uint32_t(packed[at + 3]) << 24;
    }
    static std::uint64_t six(std::uint32_t first, std::uint32_t low) {
        const std::uint32_t second = (low & 0x0f0f0f0fu) | (first >> 2 & 0x30303030u);
        return (first & 0x3f3f3f3fu) | std::uint64_t(second) << 32;
    }
};

}
