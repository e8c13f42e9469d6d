// Causal attention with the ALiBi of a model: bloom, mpt and some falcons share its kernels.
#pragma once

#include <memory>
#include <vector>

#include "tessera/attention/alibi.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/models/config_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

inline auto causal_alibi_scores(std::vector<float> slopes, float factor_of_rounded = 0.0f) {
    auto kept = std::make_shared<const std::vector<float>>(std::move(slopes));
    return attention::causal{} & attention::model_alibi{std::move(kept), factor_of_rounded};
}

inline std::vector<float> alibi_slopes(index_t heads, double exponent = 8.0) {
    std::vector<float> slopes(static_cast<std::size_t>(heads));
    attention::alibi_slopes(slopes, exponent);
    return slopes;
}

}
