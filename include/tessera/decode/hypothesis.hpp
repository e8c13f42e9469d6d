// A finished text among several, and how they are ranked.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::decode {

struct hypothesis {
    std::vector<token_t> tokens;  // new ones alone; the end token is the last, unless the budget ended the text
    float score = 0.0f;
};

// The sum of log-probabilities over (number of tokens)^penalty: 0 is the sum itself, 1 the mean.
inline float length_normalised(double sum, index_t tokens, float penalty) {
    return static_cast<float>(sum / std::pow(double(tokens), double(penalty)));
}

// Keeps the best first; of equal ones, the earlier.
inline void insert(std::vector<hypothesis>& ranked, hypothesis text) {
    const auto better = [](float score, const hypothesis& h) { return score > h.score; };
    ranked.insert(std::upper_bound(ranked.begin(), ranked.end(), text.score, better), std::move(text));
}

}
