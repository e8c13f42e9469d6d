// The token with the largest logit; of equal ones, the lowest number.
#pragma once

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct greedy {
    token_t operator()(const row& r) const {
        std::size_t best = 0;
        for (std::size_t i = 1; i < r.logits.size(); ++i)
            if (r.logits[i] > r.logits[best]) best = i;
        return static_cast<token_t>(best);
    }
};

}
