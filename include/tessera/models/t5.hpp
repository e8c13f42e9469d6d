// T5, mT5 and UMT5: encoder-decoders whose positions are learned biases of the scores.
#pragma once

#include "tessera/attention/causal.hpp"
#include "tessera/attention/relative.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What both sides have in common.
template <class Recipe>
struct t5_side : Recipe {
    t5_side(const checkpoint& files, const load_options& options, std::string side, std::string_view layers_key)
        : Recipe(with_common_keys(files, {{"d_model", "hidden_size", 512},
                                          {layers_key, "num_hidden_layers", size_key(files.config, "num_layers", 6)},
                                          {"num_heads", "num_attention_heads", 8},
                                          {"d_kv", "head_dim", 64},
                                          {"d_ff", "intermediate_size", 2048}}),
                 options),
          side_(std::move(side)) {
        const std::string projection = files.config.get_or("feed_forward_proj", "relu");
        this->config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-6);
        this->config.attention_scale = 1.0f;
        this->config.activation = projection == "gated-gelu" ? "gelu_new" : projection.substr(projection.find('-') + 1);
    }

protected:
    using Recipe::tensors;

    std::string embedding_name() const override { return "shared.weight"; }
    std::string layer_name(index_t i) const override { return side_ + ".block." + std::to_string(i) + ".layer."; }
    std::string final_norm_name() const override { return side_ + ".final_layer_norm"; }
    typename Recipe::layer_names names() const override {
        return {.attention_norm = "0.layer_norm",
                .attention = "0.SelfAttention.",
                .q = "q",
                .k = "k",
                .v = "v",
                .out = "o",
                .feed_forward_norm = "1.layer_norm",
                .feed_forward = "1.DenseReluDense."};
    }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        const index_t hidden = this->config.hidden, width = this->config.feed_forward;
        const ops::any_activation act = ops::activation_from(this->config.activation);
        if (!tensors().has(at + "wi_0.weight")) return this->plain_feed_forward(at + "wi", at + "wo", act);
        return ffn::gated{tensors().affine(at + "wi_0", width, hidden, false),
                          tensors().affine(at + "wi_1", width, hidden, false),
                          tensors().affine(at + "wo", hidden, width, false), act};
    }

    // The first layer's biases serve all, unless a layer has its own (UMT5).
    attention::relative_bias bias(index_t layer, bool both_directions) const {
        const attention::bucketing bucket{size_key(this->json(), "relative_attention_num_buckets", 32),
                                          size_key(this->json(), "relative_attention_max_distance", 128),
                                          both_directions};
        const auto name = [&](index_t i) { return layer_name(i) + "0.SelfAttention.relative_attention_bias.weight"; };
        const std::string own = tensors().has(name(layer)) ? name(layer) : name(0);
        return attention::bucketed_bias(tensors().matrix(own, bucket.buckets, this->config.heads), bucket);
    }

private:
    std::string side_;
};

struct t5_encoder : t5_side<encoder_recipe> {
    explicit t5_encoder(const checkpoint& files, const load_options& options = {})
        : t5_side(files, options, "encoder", "num_layers") {}

    auto scores(const model::decoder_config&, index_t layer) const { return bias(layer, true); }
};

struct t5 : t5_side<decoder_recipe> {
    static constexpr std::string_view model_types[] = {"t5"};
    using encoder = t5_encoder;

    explicit t5(const checkpoint& files, const load_options& options = {})
        : t5_side(files, options, "decoder", "num_decoder_layers") {
        config.tied = files.weights.find("lm_head.weight") == nullptr;
        if (files.config.get_or("tie_word_embeddings", true)) scale_logits();
        config.begin_tokens = decoder_begin(files);
    }

    auto scores(const model::decoder_config&, index_t layer) const { return attention::causal{} & bias(layer, false); }

protected:
    void scale_logits() { config.logit_factor = 1.0f / std::sqrt(float(config.hidden)); }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        return {
            {{.before = norm(at + "0.layer_norm", config.hidden), .mixer = mixer(at + "0.SelfAttention.", i)},
             {.before = norm(at + "1.layer_norm", config.hidden), .mixer = cross_attention(at + "1.EncDecAttention.")},
             {.before = norm(at + "2.layer_norm", config.hidden), .mixer = feed_forward(at + "2.DenseReluDense.", i)}}};
    }
};

struct mt5 : t5 {
    static constexpr std::string_view model_types[] = {"mt5"};

    explicit mt5(const checkpoint& files, const load_options& options = {}) : t5(files, options) {
        config.logit_factor = 1.0f;
    }
};

// Each layer has biases of its own.
struct umt5 : t5 {
    static constexpr std::string_view model_types[] = {"umt5"};

    explicit umt5(const checkpoint& files, const load_options& options = {}) : t5(files, options) { scale_logits(); }
};

}
