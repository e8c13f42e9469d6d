// The logarithm of the probability that softmax over the whole row gives one token.
#pragma once

#include <algorithm>
#include <cmath>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// log Σ exp(logit): what to take off a logit to get its log-probability.
inline double log_sum_exp(std::span<const float> logits) {
    const auto top = double(*std::max_element(logits.begin(), logits.end()));
    double total = 0;
    for (float x : logits) total += std::exp(double(x) - top);
    return top + std::log(total);
}

inline float log_probability(std::span<const float> logits, token_t token) {
    return static_cast<float>(double(logits[std::size_t(token)]) - log_sum_exp(logits));
}

}
