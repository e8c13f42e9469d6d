// Apertus: normalised queries and keys, a feed-forward whose activation has learned constants.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct apertus : llama {
    static constexpr std::string_view model_types[] = {"apertus"};

    explicit apertus(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "xielu");
    }

protected:
    std::vector<position::rope_options> ropes() const override {
        return {rope_options_or_llama3(json(), config, 12e6, 8.0)};
    }

    layer_names names() const override {
        return {.attention_norm = "attention_layernorm", .feed_forward_norm = "feedforward_layernorm"};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return with_head_norms(llama::attention(at, i), at + "q_norm", at + "k_norm");
    }

    biases biased() const override {
        const bool attention = json().get_or("attention_bias", false);
        return {.qkv = attention, .out = attention};
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        const ops::any_activation activation =
            config.activation == "xielu" ? xielu(at + "act_fn.") : ops::activation_from(config.activation);
        return plain_feed_forward(at + "up_proj", at + "down_proj", activation);
    }

private:
    // The checkpoint stores what softplus makes the two constants of.
    ops::any_activation xielu(const std::string& at) const {
        const auto softplus = [](float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::fabs(x))); };
        const float beta = tensors().has(at + "beta") ? tensors().scalar(at + "beta") : 0.5f;
        return ops::xielu(softplus(tensors().scalar(at + "alpha_p")), beta + softplus(tensors().scalar(at + "alpha_n")),
                          beta);
    }
};

}
