// Which pairs of pieces a byte-pair encoding joins, how early, and into what.
#pragma once

#include <cstdint>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Rank (lower joins first) in the upper half, the joined piece in the lower; `none` where a pair does not join.
struct merge {
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    std::uint64_t bits = none;

    bool exists() const { return bits != none; }
    std::uint32_t rank() const { return static_cast<std::uint32_t>(bits >> 32); }
    token_t joined() const { return static_cast<token_t>(bits & 0xffffffffu); }
};

class merge_table {
public:
    merge_table() : merge_table(0) {}
    explicit merge_table(std::size_t n) {
        while ((std::size_t{1} << bits_) < n * 2) ++bits_;
        slots_.resize(std::size_t{1} << bits_);
    }

    // A pair given again: the last one counts. At most the `n` of the constructor.
    void add(token_t left, token_t right, std::uint32_t rank, token_t joined) {
        const std::uint64_t key = key_of(left, right);
        std::size_t i = home(key);
        while (slots_[i].key != key && slots_[i].key != merge::none) i = next(i);
        slots_[i] = {key, {std::uint64_t{rank} << 32 | static_cast<std::uint32_t>(joined)}};
    }

    merge find(token_t left, token_t right) const {
        const std::uint64_t key = key_of(left, right);
        std::size_t i = home(key);
        while (slots_[i].key != key) {
            if (slots_[i].key == merge::none) return {};
            i = next(i);
        }
        return slots_[i].value;
    }

private:
    struct slot {
        std::uint64_t key = merge::none;
        merge value{};
    };

    static std::uint64_t key_of(token_t left, token_t right) {
        return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    }
    std::size_t home(std::uint64_t key) const {
        key ^= key >> 31;
        return static_cast<std::size_t>(key * 0x9e3779b97f4a7c15u >> (64 - bits_));
    }
    std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

    int bits_ = 4;
    std::vector<slot> slots_;  // open addressing, at most half full
};

}
