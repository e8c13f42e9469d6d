// Numbered strings, found by number or by text: the pieces of a vocabulary.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Mixes every byte into every bit, eight at a time.
inline std::uint64_t hash_of(std::string_view s) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u, other = 0xd6e8feb86659fd93u;
    const auto mix = [](std::uint64_t h) { return (h ^ (h >> 32)) * other; };
    std::uint64_t h = s.size() * odd;
    const char* p = s.data();
    std::size_t left = s.size();
    for (std::uint64_t word = 0; left >= 8; p += 8, left -= 8) {
        std::memcpy(&word, p, 8);
        h = mix((h ^ word) * odd);
    }
    if (left >= 4) {
        std::uint32_t low = 0, high = 0;
        std::memcpy(&low, p, 4);
        std::memcpy(&high, p + left - 4, 4);
        h ^= low | std::uint64_t{high} << 32;
    } else if (left > 0) {
        const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
        h ^= byte(0) | byte(left / 2) << 8 | byte(left - 1) << 16;
    }
    h = mix(h * odd);
    return h ^ (h >> 29);
}

class vocabulary {
public:
    static constexpr token_t absent = -1;

    // One more than the highest number.
    index_t size() const { return index_t(entries_.size()); }
    index_t count() const { return count_; }
    bool contains(token_t id) const { return id >= 0 && id < size() && entries_[std::size_t(id)].offset != nowhere; }

    // Empty for a number that is not taken.
    std::string_view piece(token_t id) const {
        if (!contains(id)) return {};
        const entry& e = entries_[std::size_t(id)];
        return std::string_view(pool_).substr(e.offset, e.size);
    }

    token_t find(std::string_view text) const {
        if (slots_.empty()) return absent;
        for (std::size_t i = hash_of(text) & mask();; i = (i + 1) & mask()) {
            const token_t id = slots_[i];
            if (id == absent || piece(id) == text) return id;
        }
    }

    void reserve(std::size_t n) {
        entries_.reserve(n);
        if (n * 2 > slots_.size()) rehash(n);
    }

    // Numbers a new string. Numbers far above the count of strings are refused: a table of that size would be needed.
    void add(token_t id, std::string_view text) {
        const auto refuse = [&](const char* problem) {
            throw error(errc::format, problem,
                        {.subject = "token \"" + std::string(text) + '"', .found = std::to_string(id)});
        };
        if (id < 0 || id > 4 * count_ + (1 << 20)) refuse("a token's number is out of range");
        if (contains(id)) refuse("two tokens have one number");
        if (pool_.size() + text.size() >= nowhere) refuse("too much text in the vocabulary");
        if (std::size_t(count_ + 1) * 2 > slots_.size()) rehash(std::size_t(count_ + 1) * 2);
        std::size_t i = hash_of(text) & mask();
        for (; slots_[i] != absent; i = (i + 1) & mask())
            if (piece(slots_[i]) == text) refuse("one token has two numbers");
        slots_[i] = id;
        if (id >= size()) entries_.resize(std::size_t(id) + 1);
        entries_[std::size_t(id)] = {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(text.size())};
        pool_ += text;
        ++count_;
    }

private:
    static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
    struct entry {
        std::uint32_t offset = nowhere;
        std::uint32_t size = 0;
    };

    std::size_t mask() const { return slots_.size() - 1; }

    void rehash(std::size_t n) {
        std::size_t size = 64;
        while (size < n * 2) size *= 2;
        slots_.assign(size, absent);
        for (token_t id = 0; id < this->size(); ++id) {
            if (!contains(id)) continue;
            std::size_t i = hash_of(piece(id)) & mask();
            while (slots_[i] != absent) i = (i + 1) & mask();
            slots_[i] = id;
        }
    }

    std::string pool_;
    std::vector<entry> entries_;  // by number
    std::vector<token_t> slots_;  // by hash, open addressing, at most half full
    index_t count_ = 0;
};

}
