// A packed batch: the rows of several sequences one after another, without padding.
#pragma once

#include <span>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

// Rows of sequence s are [offsets[s], offsets[s + 1]).
struct ragged {
    std::span<const index_t> offsets;  // [sequences + 1], rising from 0

    index_t sequences() const { return offsets.empty() ? 0 : index_t(offsets.size()) - 1; }
    index_t rows() const { return offsets.empty() ? 0 : offsets.back(); }
    range operator[](index_t s) const { return {offsets[std::size_t(s)], offsets[std::size_t(s) + 1]}; }
};

}
