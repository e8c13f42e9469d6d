// Mellum: Qwen3's mixtures of experts; layers with a window and layers without rotate by tables of their own.
#pragma once

#include "tessera/models/qwen_moe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The module that predicts a further token is left alone.
struct mellum : qwen3_moe {
    static constexpr std::string_view model_types[] = {"mellum"};

    explicit mellum(const checkpoint& files, const load_options& options = {}) : qwen3_moe(files, options) {
        assume_head_dim(128);
        config.windows =
            windows_of(files.config, config.layers, window_key(files.config, 1024), [](index_t) { return false; });
    }

protected:
    std::vector<position::rope_options> ropes() const override {
        return {rope_options(json(), config, {.theta = 5e5, .kind = "full_attention"}),
                rope_options(json(), config, {.theta = 1e4, .kind = "sliding_attention"})};
    }
    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 1 : 0; }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (!is_mixture(layer)) return llama::feed_forward(at, layer);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 896);
        return mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                       ffn::top_scores{.normalised = json().get_or("norm_topk_prob", true)},
                       [&](index_t e) { return expert(at, e, width); });
    }

private:
    bool is_mixture(index_t layer) const {
        const io::json* listed = present(json(), "mlp_layer_types");
        return listed == nullptr || listed->at(layer).as_string("mlp_layer_types") == "sparse";
    }
};

}
