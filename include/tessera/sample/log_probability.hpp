// The logarithm of the probability that softmax over the whole row gives one token.
#pragma once

#include <algorithm>
#include <cmath>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

inline float log_probability(std::span<const float> logits, token_t token) {
    const float top = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (float x : logits) total += std::exp(double(x) - double(top));
    return static_cast<float>(double(logits[std::size_t(token)]) - double(top) - std::log(total));
}

}
