// The rows of a batch as they enter a model: gathered where they are tokens, copied where they come as embeddings.
#pragma once

#include "tessera/embedding/table.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The rows that are tokens; the others keep what x holds.
inline void gather_tokens(const embedding::table& table, view<float> x, const batch& b, float factor) {
    if (b.embedded.empty()) return table.gather(b.tokens, x, factor);
    for (index_t r = 0; r < x.extent(0); ++r)
        if (b.tokens[std::size_t(r)] != embedded_row)
            table.gather(b.tokens.subspan(std::size_t(r), 1), x.slice({r, r + 1}), factor);
}

// The rows that are not.
inline void copy_embedded(view<float> x, const batch& b) {
    for (index_t r = 0; r < b.embedded.extent(0); ++r)
        if (b.tokens[std::size_t(r)] == embedded_row) ops::copy(b.embedded[r], x[r]);
}

}
