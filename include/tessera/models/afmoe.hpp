// AFMoE (Trinity): gated attention, norms before and after each sublayer, and after the first layers experts that are
// chosen by corrected sigmoids, with shared ones. Only layers with a window rotate.
#pragma once

#include <cmath>

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct afmoe : llama {
    static constexpr std::string_view model_types[] = {"afmoe"};

    explicit afmoe(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_head_dim(128);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        if (c.get_or("mup_enabled", false)) config.embedding_factor = std::sqrt(float(config.hidden));
        const index_t every = size_key(c, "global_attn_every_n_layers", 4);
        config.windows =
            windows_of(c, config.layers, window_key(c, 1024), [every](index_t i) { return (i + 1) % every != 0; });
    }

protected:
    layer_names names() const override {
        return {.norm_after_attention = "post_attention_layernorm",
                .feed_forward_norm = "pre_mlp_layernorm",
                .norm_after_feed_forward = "post_mlp_layernorm"};
    }

    biases biased() const override {
        const bool all = json().get_or("attention_bias", false);
        return {.qkv = all, .out = all};
    }

    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 0 : -1; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = with_head_norms(llama::attention(at, i), at + "q_norm", at + "k_norm");
        a.gate = tensors().affine(at + "gate_proj", config.heads * config.head_dim, config.hidden, false);
        return a;
    }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (layer < json().get_or("num_dense_layers", std::int64_t(1))) return llama::feed_forward(at, layer);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1408);
        ffn::top_scores routing{.scores = ffn::sigmoid_scores{},
                                .normalised = true,
                                .least_sum = 1e-20f,
                                .factor = float_key(json(), "route_scale", 1.0),
                                .correction = tensors().vector(at + "expert_bias", sizes.experts)};
        ffn::moe m = mixture(sizes, tensors().affine(at + "router.gate", sizes.experts, config.hidden, false),
                             std::move(routing), [&](index_t e) { return expert(at, e, width); });
        m.shared = gated(at + "shared_experts.", width * size_key(json(), "num_shared_experts", 2));
        return m;
    }
};

}
