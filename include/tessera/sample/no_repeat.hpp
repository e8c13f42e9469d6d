// Excludes every token that would repeat n tokens in a row (Paulus, Xiong and Socher 2018).
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct no_repeat {
    index_t size = 0;                            // n; 0 or less excludes nothing
    std::optional<std::vector<token_t>> text{};  // whose n tokens in a row those are; the history's when not given

    void operator()(const row& r) const {
        const index_t before = size - 1;
        if (size <= 0 || index_t(r.history.size()) < before) return;
        const std::span<const token_t> last = r.history.last(std::size_t(before));
        const std::span<const token_t> said = text ? std::span<const token_t>(*text) : r.history;
        for (index_t i = 0; i + size <= index_t(said.size()); ++i) {
            const token_t next = said[std::size_t(i + before)];
            if (is_inside(next, r) && std::equal(last.begin(), last.end(), said.begin() + i))
                r.logits[std::size_t(next)] = excluded;
        }
    }
};

}
