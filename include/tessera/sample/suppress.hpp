// Excludes given tokens: always, or only while a text is short.
#pragma once

#include <limits>
#include <vector>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// Tokens outside the vocabulary are none to exclude.
struct suppress {
    static constexpr index_t any = std::numeric_limits<index_t>::max();

    std::vector<token_t> tokens;
    index_t generated_below = any;  // while fewer tokens than this were generated
    index_t length_below = any;     // while there are fewer tokens than this, with the prompt's

    void operator()(const row& r) const {
        if (index_t(r.generated.size()) >= generated_below || index_t(r.history.size()) >= length_below) return;
        for (token_t t : tokens)
            if (is_inside(t, r)) r.logits[std::size_t(t)] = excluded;
    }
};

}
