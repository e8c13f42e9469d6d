// Phi (1, 1.5 and 2): both sublayers in parallel behind one layer norm, biases everywhere, partly rotated heads.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct phi : llama {
    static constexpr std::string_view model_types[] = {"phi"};

    explicit phi(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "gelu_new");
    }

protected:
    std::string final_norm_name() const override { return "model.final_layernorm"; }
    layer_names names() const override { return {.out = "dense"}; }
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true, .head = true}; }
    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }
    model::block layer(index_t i) const override { return parallel_layer(i); }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        if (!json().get_or("qk_layernorm", false)) return a;
        return with_head_norms(std::move(a), at + "q_layernorm", at + "k_layernorm");
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "fc1", at + "fc2", ops::activation_from(config.activation));
    }
};

}
