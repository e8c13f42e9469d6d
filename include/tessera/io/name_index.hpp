// Finds a name among many in O(log n): positions sorted by (hash, name). No input, however chosen, makes it slower.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera::inline TESSERA_ABI::io {

// Holds positions only: the names stay where they are, reached through name_of(i) → std::string_view.
class name_index {
public:
    static constexpr index_t absent = -1;

    template <class NameOf>
    void build(std::size_t n, NameOf name_of) {
        entries_.clear();
        if (n <= few) return;
        if (n > std::numeric_limits<std::uint32_t>::max()) throw error(errc::capacity, "too many names");
        entries_.reserve(n);
        for (std::size_t i = 0; i < n; ++i) entries_.push_back(entry(name_of(i), i));
        std::sort(entries_.begin(), entries_.end());
        sort_equal_hashes(name_of);
    }

    // The last position of `name`, or absent. n and name_of as given to build.
    template <class NameOf>
    index_t find(std::string_view name, std::size_t n, NameOf name_of) const {
        if (n <= few) {
            for (std::size_t i = n; i-- > 0;)
                if (name_of(i) == name) return index_t(i);
            return absent;
        }
        const auto after = std::upper_bound(entries_.begin(), entries_.end(), entry(name, 0),
                                            [&](std::uint64_t wanted, std::uint64_t e) {
                                                if (wanted >> 32 != e >> 32) return wanted >> 32 < e >> 32;
                                                return name < name_of(position(e));
                                            });
        if (after == entries_.begin() || name_of(position(after[-1])) != name) return absent;
        return index_t(position(after[-1]));
    }

    // A position whose name occurs again later, or absent.
    template <class NameOf>
    index_t first_repeated(std::size_t n, NameOf name_of) const {
        if (n <= few) {
            for (std::size_t i = 0; i < n; ++i)
                if (find(name_of(i), n, name_of) != index_t(i)) return index_t(i);
            return absent;
        }
        const auto same = std::adjacent_find(entries_.begin(), entries_.end(), [&](std::uint64_t a, std::uint64_t b) {
            return a >> 32 == b >> 32 && name_of(position(a)) == name_of(position(b));
        });
        return same == entries_.end() ? absent : index_t(position(*same));
    }

private:
    static constexpr std::size_t few = 8;  // searched one by one, without an index

    template <class NameOf>
    void sort_equal_hashes(NameOf name_of) {
        const auto by_name = [&](std::uint64_t a, std::uint64_t b) {
            const int order = name_of(position(a)).compare(name_of(position(b)));
            return order != 0 ? order < 0 : a < b;
        };
        const auto same_hash = [](std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; };
        for (auto first = entries_.begin(); first != entries_.end();) {
            first = std::adjacent_find(first, entries_.end(), same_hash);
            const auto last =
                std::find_if(first, entries_.end(), [&](std::uint64_t e) { return !same_hash(*first, e); });
            std::sort(first, last, by_name);
            first = last;
        }
    }

    static std::size_t position(std::uint64_t e) { return std::size_t(e & 0xffffffffu); }
    // Upper half: FNV-1a of the name, folded; lower half: the position.
    static std::uint64_t entry(std::string_view name, std::size_t i) {
        std::uint64_t h = 0xcbf29ce484222325u;
        for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        return (h ^ (h << 32)) >> 32 << 32 | std::uint64_t(i);
    }

    std::vector<std::uint64_t> entries_;
};

}
