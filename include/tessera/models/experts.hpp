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

// The expert at at + "experts.0." and so on whose gate, up and down are w1, w3 and w2.
inline ffn::gated numbered_expert(const weights& tensors, const std::string& at, index_t number, index_t width,
                                  const model::decoder_config& c) {
    const std::string one = at + "experts." + std::to_string(number) + ".";
    return {tensors.affine(one + "w1", width, c.hidden, false), tensors.affine(one + "w3", width, c.hidden, false),
            tensors.affine(one + "w2", c.hidden, width, false), ops::activation_from(c.activation)};
}

// Only some groups of experts are chosen from, if the file says so.
inline ffn::top_scores grouped(ffn::top_scores r, const io::json& config, index_t experts) {
    r.groups = present(config, "n_group") == nullptr ? 1 : size_key(config, "n_group");
    if (r.groups == 1) return r;
    r.kept_groups = checked_size(config.get_or("topk_group", std::int64_t(1)), "topk_group", 1, r.groups);
    if (experts % r.groups != 0)
        throw error(errc::format, "experts do not form groups of one size",
                    {.subject = "n_group",
                     .expected = "a divisor of " + std::to_string(experts),
                     .found = std::to_string(r.groups)});
    return r;
}

// Sigmoids chosen from with a correction, by groups (DeepSeek-V3, section 2.1.2); `at` begins the names of the router.
inline ffn::top_scores corrected_routing(const io::json& config, const weights& tensors, const std::string& at,
                                         index_t experts, bool normalised) {
    return grouped({.scores = ffn::sigmoid_scores{},
                    .normalised = config.get_or("norm_topk_prob", normalised),
                    .least_sum = 1e-20f,
                    .factor = float_key(config, "routed_scaling_factor", 1.0),
                    .correction = tensors.vector(at + "e_score_correction_bias", experts)},
                   config, experts);
}

}
