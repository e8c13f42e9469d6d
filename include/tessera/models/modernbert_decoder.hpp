// ModernBERT as a decoder: layer norms, some layers with a window and a rotary base of their own, and one more layer
// before the head.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct modernbert_decoder : llama {
    static constexpr std::string_view model_types[] = {"modernbert-decoder"};

    explicit modernbert_decoder(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        divide_width();
        config.epsilon = float_key(c, "norm_eps", 1e-5);
        config.activation = c.get_or("hidden_activation", "gelu");
        config.tied = c.get_or("tie_word_embeddings", true);
        // The key counts both sides of an encoder's window.
        const index_t every = size_key(c, "global_attn_every_n_layers", 3);
        config.windows = windows_of(c, config.layers, size_key(c, "local_attention", 128) / 2,
                                    [every](index_t i) { return i % every != 0; });
    }

protected:
    std::string embedding_name() const override { return "model.embeddings.tok_embeddings.weight"; }
    std::string final_norm_name() const override { return "model.final_norm"; }
    std::string head_name() const override { return "decoder"; }
    layer_names names() const override {
        return {.attention_norm = "attn_norm",
                .attention = "attn.",
                .out = "Wo",
                .feed_forward_norm = "mlp_norm",
                .feed_forward = "mlp."};
    }

    biases biased() const override {
        const bool attention = json().get_or("attention_bias", false);
        return {.qkv = attention,
                .out = attention,
                .feed_forward = json().get_or("mlp_bias", false),
                .head = json().get_or("decoder_bias", true)};
    }

    // The first layer reads the embedding, which has been normalised.
    norm::any norm(const std::string& name, index_t width) const override {
        if (name == layer_name(0) + names().attention_norm) return norm::identity{};
        if (json().get_or("norm_bias", false)) return layer_norm(name, width);
        return norm::layer{tensors().vector(name + ".weight", width), {}, config.epsilon};
    }

    void embed(model::stack& parts) const override {
        llama::embed(parts);
        parts.embedding_norm = norm("model.embeddings.norm", config.hidden);
    }

    std::vector<position::rope_options> ropes() const override {
        return {rope_options(json(), config,
                             {.theta = 160000.0, .theta_key = "global_rope_theta", .kind = "full_attention"}),
                rope_options(json(), config,
                             {.theta = 10000.0, .theta_key = "local_rope_theta", .kind = "sliding_attention"})};
    }
    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 1 : 0; }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const index_t width = config.feed_forward;
        const bool all = biased().feed_forward;
        return ffn::gated{tensors().part(at + "Wi", {0, width}, 2 * width, config.hidden, all),
                          tensors().part(at + "Wi", {width, 2 * width}, 2 * width, config.hidden, all),
                          tensors().affine(at + "Wo", config.hidden, width, all),
                          ops::activation_from(config.activation)};
    }

    void project(model::decoder_parts& parts) const override {
        parts.project_out =
            tensors().affine("lm_head.dense", config.hidden, config.hidden, json().get_or("classifier_bias", false));
        parts.head_activation = ops::activation_from(json().get_or("classifier_activation", "gelu"));
        parts.head_norm = norm("lm_head.norm", config.hidden);
    }
};

}
