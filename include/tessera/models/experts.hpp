// Mixtures of experts as configurations describe them.
#pragma once

#include <string>
#include <utility>

#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct mixture_sizes {
    index_t experts, chosen;
};

// How many experts there are, under whichever name, and how many of them a row goes to.
inline mixture_sizes mixture_of(const io::json& config) {
    std::string_view key = "num_experts";
    for (std::string_view other : {"num_local_experts", "n_routed_experts"})
        if (!config.has(key)) key = other;
    const index_t all = checked_size(config.get<std::int64_t>(key), key, 1, 1 << 16);
    const std::string_view chosen = "num_experts_per_tok";
    return {all, checked_size(config.get<std::int64_t>(chosen), chosen, 1, all)};
}

// A mixture whose experts are expert(0), expert(1), …
template <class Expert>
ffn::moe mixture(const mixture_sizes& sizes, gemm::affine router, ffn::any_routing routing, Expert expert) {
    ffn::moe m{.router = std::move(router), .routing = std::move(routing), .chosen = sizes.chosen};
    for (index_t e = 0; e < sizes.experts; ++e) m.experts.push_back(expert(e));
    return m;
}

}
