// Moonshine: an encoder of sound as it is sampled, and a decoder of text, both with rotary positions.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tessera/attention/full.hpp"
#include "tessera/model/sound_reader.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What both sides have in common. Keys that are padded to a wider head change nothing, and are not.
template <class Recipe>
struct moonshine_side : Recipe {
    moonshine_side(const checkpoint& files, const load_options& options, const std::string& side,
                   std::string_view activation)
        : Recipe(with_common_keys(files, {{"vocab_size", "vocab_size", 32768},
                                          {"hidden_size", "hidden_size", 288},
                                          {"intermediate_size", "intermediate_size", 1152},
                                          {"max_position_embeddings", "max_position_embeddings", 512},
                                          {side + "_num_hidden_layers", "num_hidden_layers", 6},
                                          {side + "_num_attention_heads", "num_attention_heads", 8},
                                          {side + "_num_key_value_heads", "num_key_value_heads",
                                           size_key(files.config, side + "_num_attention_heads", 8)}}),
                 options),
          prefix_("model." + side + ".") {
        this->config.epsilon = 1e-5f;
        this->config.activation = files.config.get_or(side + "_hidden_act", std::string(activation));
    }

protected:
    const std::string& prefix() const { return prefix_; }
    std::string layer_name(index_t i) const override { return prefix_ + "layers." + std::to_string(i) + "."; }
    typename Recipe::biases biased() const override {
        return {.qkv = this->json().get_or("attention_bias", false), .feed_forward = true};
    }
    rope_defaults rope_assumed() const override { return {.fraction = 0.9, .interleaved = true}; }
    norm::any norm(const std::string& name, index_t width) const override {
        return norm::layer{this->tensors().vector(name + ".weight", width), {}, this->config.epsilon};
    }

private:
    std::string prefix_;  // what the names of this side begin with
};

struct moonshine_encoder : moonshine_side<encoder_recipe> {
    explicit moonshine_encoder(const checkpoint& files, const load_options& options = {})
        : moonshine_side(files, options, "encoder", "gelu") {}

    static auto scores(const model::decoder_config&, index_t) { return attention::full{}; }

protected:
    std::string final_norm_name() const override { return prefix() + "layer_norm"; }

    void embed(model::stack& parts) const override {
        const index_t width = config.hidden;
        const std::string norm_name = prefix() + "groupnorm";
        norm::group of_all{1, tensors().vector(norm_name + ".weight", width),
                           tensors().vector(norm_name + ".bias", width)};
        std::vector<model::sound_stage> stages;
        stages.push_back({convolution("conv1", {width, 1, 127}, 64, ops::tanh{}, false), std::move(of_all)});
        stages.push_back({convolution("conv2", {2 * width, width, 7}, 3, ops::gelu{})});
        stages.push_back({convolution("conv3", {width, 2 * width, 3}, 2, ops::gelu{})});
        parts.reader = std::make_shared<model::sound_reader>(std::move(stages), 0);
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        return plain_feed_forward(at + "fc1", at + "fc2", ops::activation_from(config.activation));
    }

private:
    conv::strided convolution(const std::string& name, const weights::taps_shape& shape, index_t stride,
                              const ops::any_activation& activation, bool with_bias = true) const {
        return {.map = tensors().convolution(prefix() + name, shape, with_bias),
                .taps = shape.taps,
                .stride = stride,
                .activation = activation};
    }
};

struct moonshine : moonshine_side<llama> {
    static constexpr std::string_view model_types[] = {"moonshine"};
    using encoder = moonshine_encoder;

    explicit moonshine(const checkpoint& files, const load_options& options = {})
        : moonshine_side(files, options, "decoder", "silu") {
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.begin_tokens = decoder_begin(files);
    }

protected:
    std::string embedding_name() const override { return prefix() + "embed_tokens.weight"; }
    std::string final_norm_name() const override { return prefix() + "norm"; }
    std::string head_name() const override { return "proj_out"; }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        return {{{.before = norm(at + "input_layernorm", config.hidden), .mixer = mixer(at + "self_attn.", i)},
                 {.before = norm(at + "post_attention_layernorm", config.hidden),
                  .mixer = cross_attention(at + "encoder_attn.")},
                 {.before = norm(at + "final_layernorm", config.hidden), .mixer = feed_forward(at + "mlp.", i)}}};
    }

    // fc1 holds the rows of up, then those of the gate.
    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const index_t width = config.feed_forward, hidden = config.hidden;
        return ffn::gated{tensors().part(at + "fc1", {width, 2 * width}, 2 * width, hidden, true),
                          tensors().part(at + "fc1", {0, width}, 2 * width, hidden, true),
                          tensors().affine(at + "fc2", hidden, width, true), ops::activation_from(config.activation)};
    }
};

}
