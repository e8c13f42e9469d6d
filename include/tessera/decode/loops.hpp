// Tells a text that turns in circles.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// Whether every pair of neighbouring tokens stands there more than `often` times on average, in a text of more than
// `least` pairs: short texts may repeat themselves.
inline bool loops(std::span<const token_t> text, index_t often = 2, index_t least = 16) {
    std::vector<std::pair<token_t, token_t>> pairs;
    for (std::size_t i = 1; i < text.size(); ++i) pairs.emplace_back(text[i - 1], text[i]);
    if (index_t(pairs.size()) <= least) return false;
    const index_t all = index_t(pairs.size());
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    return all > often * index_t(pairs.size());
}

}
