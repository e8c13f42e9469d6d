// Mixtures of experts as configurations describe them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct mixture_sizes {
    index_t experts, chosen;
};

// How many experts there are and how many of them a row goes to, each under whichever name.
inline mixture_sizes mixture_of(const io::json& config) {
    const auto first_of = [&](std::initializer_list<std::string_view> names) {
        for (std::string_view name : names)
            if (config.has(name)) return name;
        return *names.begin();
    };
    const auto experts = first_of({"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"});
    const auto chosen = first_of({"num_experts_per_tok", "moe_topk", "moe_k"});
    const index_t all = checked_size(config.get<std::int64_t>(experts), experts, 1, 1 << 16);
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
