// T5, mT5, UMT5, Switch Transformers and LongT5: encoder-decoders whose positions are learned biases of the scores.
#pragma once

#include "tessera/attention/causal.hpp"
#include "tessera/attention/relative.hpp"
#include "tessera/attention/window.hpp"
#include "tessera/model/transient_global_attention.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/experts.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What a configuration means where it leaves a size out.
struct t5_sizes {
    index_t width = 512, layers = 6, heads = 8;
};

// What both sides have in common.
template <class Recipe>
struct t5_side : Recipe {
    t5_side(const checkpoint& files, const load_options& options, std::string side, std::string_view layers_key,
            const t5_sizes& sizes)
        : Recipe(with_common_keys(
                     files, {{"d_model", "hidden_size", sizes.width},
                             {layers_key, "num_hidden_layers", size_key(files.config, "num_layers", sizes.layers)},
                             {"num_heads", "num_attention_heads", sizes.heads},
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
                .feed_forward = "1." + feed_forward_name()};
    }
    virtual std::string feed_forward_name() const { return "DenseReluDense."; }
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
    attention::relative_bias bias(index_t layer, bool both_directions, const std::string& kind = "") const {
        const attention::bucketing bucket{size_key(this->json(), "relative_attention_num_buckets", 32),
                                          size_key(this->json(), "relative_attention_max_distance", 128),
                                          both_directions};
        const auto name = [&](index_t i) {
            return layer_name(i) + names().attention + kind + "relative_attention_bias.weight";
        };
        const std::string own = tensors().has(name(layer)) ? name(layer) : name(0);
        return attention::bucketed_bias(tensors().matrix(own, bucket.buckets, this->config.heads), bucket);
    }

private:
    std::string side_;
};

struct t5_encoder : t5_side<encoder_recipe> {
    explicit t5_encoder(const checkpoint& files, const load_options& options = {}, const t5_sizes& sizes = {})
        : t5_side(files, options, "encoder", "num_layers", sizes) {}

    auto scores(const model::decoder_config&, index_t layer) const { return bias(layer, true); }
};

struct t5 : t5_side<decoder_recipe> {
    static constexpr std::string_view model_types[] = {"t5"};
    using encoder = t5_encoder;

    explicit t5(const checkpoint& files, const load_options& options = {}, const t5_sizes& sizes = {})
        : t5_side(files, options, "decoder", "num_decoder_layers", sizes) {
        config.tied = files.weights.find("lm_head.weight") == nullptr;
        const bool tied = files.config.get_or("tie_word_embeddings", true);
        if (files.config.get_or("scale_decoder_outputs", tied)) scale_logits();
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
             {.before = norm(at + "2.layer_norm", config.hidden),
              .mixer = feed_forward(at + "2." + feed_forward_name(), i)}}};
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

// Some layers have experts, of which a row goes to one (Fedus, Zoph and Shazeer 2021). No row is dropped: all experts
// have room for a whole text, whatever expert_capacity says.
template <class Side>
struct switch_side : Side {
    explicit switch_side(const checkpoint& files, const load_options& options = {})
        : Side(files, options, {.width = 768, .layers = 12, .heads = 12}) {
        this->config.activation = files.config.get_or("dense_act_fn", "relu");
    }

protected:
    std::string feed_forward_name() const override { return "mlp."; }
    model::any_mixer feed_forward(const std::string& at, index_t i) const override {
        if (!this->tensors().has(at + "router.classifier.weight")) return Side::feed_forward(at, i);
        const mixture_sizes sizes{mixture_experts(), 1};
        const bool biased = this->json().get_or("router_bias", false);
        return mixture(sizes,
                       this->tensors().affine(at + "router.classifier", sizes.experts, this->config.hidden, biased),
                       ffn::top_scores{}, [&](index_t e) {
                           const std::string expert = at + "experts.expert_" + std::to_string(e) + ".";
                           return this->plain_feed_forward(expert + "wi", expert + "wo",
                                                           ops::activation_from(this->config.activation));
                       });
    }

private:
    index_t mixture_experts() const {
        return checked_size(this->json().get_or("num_experts", std::int64_t(8)), "num_experts", 1, 1 << 16);
    }
};

struct switch_transformers : switch_side<t5> {
    static constexpr std::string_view model_types[] = {"switch_transformers"};
    using encoder = switch_side<t5_encoder>;
    using switch_side::switch_side;
};

// The encoder's rows see local_radius others on both sides and, with "transient-global", sums of all blocks of rows
// (Guo et al. 2022).
struct longt5_encoder : t5_encoder {
    explicit longt5_encoder(const checkpoint& files, const load_options& options = {}) : t5_encoder(files, options) {
        if (!sums_blocks()) require_option(files.config, "encoder_attention_type", std::string("local"));
    }

    auto scores(const model::decoder_config&, index_t layer) const { return bias(layer, true) & near(); }

protected:
    layer_names names() const override {
        layer_names n = t5_encoder::names();
        n.attention = sums_blocks() ? "0.TransientGlobalSelfAttention." : "0.LocalSelfAttention.";
        return n;
    }
    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (!sums_blocks()) return t5_encoder::mixer(at, i);
        const index_t block = size_key(json(), "global_block_size", 16);
        return model::transient_global_attention{.inner = attention(at, i),
                                                 .summary_norm = norm(at + "global_input_layer_norm", config.hidden),
                                                 .scores = {.near = near(),
                                                            .near_bias = bias(i, true),
                                                            .side_bias = bias(i, true, "global_"),
                                                            .block = static_cast<std::int32_t>(block)}};
    }

private:
    bool sums_blocks() const { return json().get_or("encoder_attention_type", "local") == "transient-global"; }
    attention::window near() const { return {static_cast<std::int32_t>(size_key(json(), "local_radius", 127) + 1)}; }
};

struct longt5 : t5 {
    static constexpr std::string_view model_types[] = {"longt5"};
    using encoder = longt5_encoder;
    using t5::t5;
};

}
