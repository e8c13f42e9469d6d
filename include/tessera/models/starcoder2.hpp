// StarCoder 2: layer norms and biases everywhere, a feed-forward without a gate.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct starcoder2 : llama {
    static constexpr std::string_view model_types[] = {"starcoder2"};

    explicit starcoder2(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(2);
        config.epsilon = float_key(c, "norm_epsilon", 1e-5);
        config.activation = c.get_or("hidden_act", "gelu_pytorch_tanh");
        config.tied = c.get_or("tie_word_embeddings", true);
        config.windows = windows_of(c, config.layers, window_key(c, 0), [](index_t) { return true; });
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    biases biased() const override {
        const bool all = json().get_or("use_bias", true);
        return {.qkv = all, .out = all, .feed_forward = all};
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "c_fc", at + "c_proj", ops::activation_from(config.activation));
    }
};

}
