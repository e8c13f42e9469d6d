// The words everything else is said in: index_t, half-open ranges, rounding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tessera/config.hpp"

namespace tessera::inline TESSERA_ABI {

using index_t = std::ptrdiff_t;

// A token's number in its vocabulary.
using token_t = std::int32_t;

// Half-open [begin, end).
struct range {
    index_t begin = 0;
    index_t end = 0;

    constexpr index_t size() const { return end > begin ? end - begin : 0; }
    constexpr bool empty() const { return end <= begin; }
    constexpr bool contains(index_t i) const { return begin <= i && i < end; }

    friend constexpr bool operator==(range, range) = default;
    // Intersection.
    friend constexpr range operator&(range a, range b) {
        return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
    }
};

constexpr index_t ceil_div(index_t n, index_t by) { return (n + by - 1) / by; }
constexpr index_t round_up(index_t n, index_t to) { return ceil_div(n, to) * to; }

// Part `part` of `parts` equal shares of [0, n), cut at multiples of `grain`. Every index belongs to exactly one share.
constexpr range share_of(index_t n, index_t grain, index_t part, index_t parts) {
    const index_t units = ceil_div(n, grain);
    const index_t begin = units * part / parts * grain;
    const index_t end = units * (part + 1) / parts * grain;
    return {begin < n ? begin : n, end < n ? end : n};
}

}
