// Jais 2: layer norms and biases everywhere, a squared feed-forward without a gate.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct jais2 : llama {
    static constexpr std::string_view model_types[] = {"jais2"};

    explicit jais2(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "relu2");
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    biases biased() const override {
        const bool attention = json().get_or("attention_bias", true);
        return {.qkv = attention, .out = attention, .feed_forward = json().get_or("mlp_bias", true)};
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "up_proj", at + "down_proj", ops::activation_from(config.activation));
    }
};

}
