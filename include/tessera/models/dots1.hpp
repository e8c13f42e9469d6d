// dots.llm1: Qwen3's attention; after the first layers, experts that are chosen by corrected sigmoids, and shared ones.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct dots1 : qwen3 {
    static constexpr std::string_view model_types[] = {"dots1"};

    explicit dots1(const checkpoint& files, const load_options& options = {}) : qwen3(files, options) {
        const io::json& c = files.config;
        config.head_dim = size_key(c, "head_dim", std::max<index_t>(1, config.hidden / config.heads));
        config.windows.clear();
        if (c.has("sliding_window") && present(c, "sliding_window") == nullptr) return;
        const index_t first = c.get_or("max_window_layers", std::int64_t(62));
        config.windows = windows_of(c, config.layers, size_key(c, "sliding_window", 4096),
                                    [first](index_t i) { return i >= first; });
    }

protected:
    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (layer < json().get_or("first_k_dense_replace", std::int64_t(0))) return qwen3::feed_forward(at, layer);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1408);
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             routing(at, sizes.experts), [&](index_t e) { return expert(at, e, width); });
        m.shared = gated(at + "shared_experts.", width * size_key(json(), "n_shared_experts"));
        return m;
    }

    virtual ffn::top_scores routing(const std::string& at, index_t experts) const {
        return grouped({.scores = ffn::sigmoid_scores{},
                        .normalised = json().get_or("norm_topk_prob", false),
                        .least_sum = 1e-20f,
                        .factor = float_key(json(), "routed_scaling_factor", 1.0),
                        .correction = tensors().vector(at + "gate.e_score_correction_bias", experts)},
                       experts);
    }

    // Only some groups of experts are chosen from, if the file says so.
    ffn::top_scores grouped(ffn::top_scores r, index_t experts) const {
        r.groups = present(json(), "n_group") == nullptr ? 1 : size_key(json(), "n_group");
        if (r.groups == 1) return r;
        r.kept_groups = checked_size(json().get_or("topk_group", std::int64_t(1)), "topk_group", 1, r.groups);
        if (experts % r.groups != 0)
            throw error(errc::format, "experts do not form groups of one size",
                        {.subject = "n_group",
                         .expected = "a divisor of " + std::to_string(experts),
                         .found = std::to_string(r.groups)});
        return r;
    }
};

}
