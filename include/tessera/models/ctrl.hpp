// CTRL: sinusoidal positions on a scaled embedding, a head with a bias.
#pragma once

#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct ctrl : llama {
    static constexpr std::string_view model_types[] = {"ctrl"};

    explicit ctrl(const checkpoint& files, const load_options& options = {})
        : llama(with_common_keys(files, {{"n_embd", "hidden_size", 1280},
                                         {"n_layer", "num_hidden_layers", 48},
                                         {"n_head", "num_attention_heads", 16},
                                         {"n_positions", "max_position_embeddings", 256},
                                         {"dff", "intermediate_size", 8192}}),
                options) {
        config.epsilon = 1e-6f;
        config.activation = "relu";
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.embedding_factor = std::sqrt(float(config.hidden));
        divide_width();
    }

protected:
    std::string embedding_name() const override { return "transformer.w.weight"; }
    std::string layer_name(index_t i) const override { return "transformer.h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "transformer.layernorm"; }
    layer_names names() const override {
        return {.attention_norm = "layernorm1",
                .attention = "multi_head_attention.",
                .q = "Wq",
                .k = "Wk",
                .v = "Wv",
                .out = "dense",
                .feed_forward_norm = "layernorm2",
                .feed_forward = "ffn."};
    }
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true, .head = true}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    void embed(model::stack& parts) const override {
        if (config.hidden % 2 != 0)
            throw error(errc::unsupported, "sinusoidal positions need an even width",
                        {.subject = "n_embd", .found = std::to_string(config.hidden)});
        llama::embed(parts);
        position::sinusoidal positions{position::frequencies::powers(1e4, config.hidden, config.hidden / 2)};
        for (float& f : positions.frequencies) f = 1.0f / f;
        parts.positions = std::move(positions);
    }

    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }
    // The key is that of the last norm alone.
    norm::any final_norm() const override {
        return norm::layer{tensors().vector(final_norm_name() + ".weight", config.hidden),
                           tensors().vector(final_norm_name() + ".bias", config.hidden),
                           float_key(json(), "layer_norm_epsilon", 1e-6)};
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "0", at + "2", ops::activation_from(config.activation));
    }
};

}
