// What rows of scores say, by the rule of connectionist temporal classification (Graves et al. 2006): equal labels in a
// row are one, and blanks are none.
#pragma once

#include <algorithm>
#include <vector>

#include "tessera/core/types.hpp"
#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// A token and the rows that say it: [begin, end).
struct timed_token {
    token_t token;
    index_t begin, end;

    bool operator==(const timed_token&) const = default;
};

// The best label of each row, the first of equals. logits: [rows, vocabulary].
inline std::vector<timed_token> ctc_greedy(view<const float> logits, token_t blank) {
    std::vector<timed_token> said;
    token_t last = blank;
    for (index_t r = 0; r < logits.extent(0); ++r) {
        const float* const row = logits.data() + r * logits.stride(0);
        const auto best = static_cast<token_t>(std::max_element(row, row + logits.extent(1)) - row);
        if (best != blank && best == last) said.back().end = r + 1;
        if (best != blank && best != last) said.push_back({best, r, r + 1});
        last = best;
    }
    return said;
}

}
