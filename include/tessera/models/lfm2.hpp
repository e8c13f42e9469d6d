// LFM2: gated short convolutions in place of most layers' attention.
#pragma once

#include <string>
#include <vector>

#include "tessera/model/short_conv.hpp"
#include "tessera/models/bamba.hpp"
#include "tessera/models/common_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct lfm2 : llama {
    static constexpr std::string_view model_types[] = {"lfm2"};

    explicit lfm2(const checkpoint& files, const load_options& options = {})
        : llama(with_common_keys(files, {{"block_ff_dim", "intermediate_size", 12288}}), options) {
        const io::json& c = files.config;
        assume_kv_heads(8);
        config.epsilon = float_key(c, "norm_eps", 1e-5);
        config.activation = "silu";
        config.tied = c.get_or("tie_embedding", c.get_or("tie_word_embeddings", true));
        config.feed_forward = width_of(c, config.feed_forward);
    }

protected:
    std::string final_norm_name() const override { return "model.embedding_norm"; }
    layer_names names() const override {
        return {.attention_norm = "operator_norm",
                .out = "out_proj",
                .feed_forward_norm = "ffn_norm",
                .feed_forward = "feed_forward."};
    }
    biases biased() const override { return {}; }
    rope_defaults rope_assumed() const override { return {.theta = 1e6}; }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (attends(i)) return with_head_norms(attention(at, i), at + "q_layernorm", at + "k_layernorm");
        return convolution(layer_name(i) + "conv.");
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const index_t width = config.feed_forward, hidden = config.hidden;
        return ffn::gated{tensors().affine(at + "w1", width, hidden, false),
                          tensors().affine(at + "w3", width, hidden, false),
                          tensors().affine(at + "w2", hidden, width, false), ops::activation_from(config.activation)};
    }

private:
    // Every layer does when the file names none.
    bool attends(index_t i) const {
        if (const io::json* types = present(json(), "layer_types"); types != nullptr)
            return types->at(i).as_string("layer_types") != "conv";
        return present(json(), "full_attn_idxs") == nullptr || lists_layer(json(), "full_attn_idxs", i);
    }

    model::short_conv convolution(const std::string& at) const {
        const index_t hidden = config.hidden;
        const bool with_bias = json().get_or("conv_bias", false);
        const auto part = [&](index_t which) {
            return tensors().part(at + "in_proj", {which * hidden, (which + 1) * hidden}, 3 * hidden, hidden,
                                  with_bias);
        };
        return {.before = part(0),
                .after = part(1),
                .in = part(2),
                .conv = causal_conv(tensors(), at + "conv", hidden, size_key(json(), "conv_L_cache", 3), with_bias,
                                    ops::linear{}),
                .out = tensors().affine(at + "out_proj", hidden, hidden, with_bias)};
    }

    // Two thirds of what the file says, times a factor, rounded up; or what it says.
    static index_t width_of(const io::json& c, index_t stated) {
        if (!c.get_or("block_auto_adjust_ff_dim", true)) return stated;
        auto width = static_cast<index_t>(double(2 * stated) / 3.0);
        if (c.has("block_ffn_dim_multiplier") && present(c, "block_ffn_dim_multiplier") == nullptr) return width;
        width = static_cast<index_t>(double(float_key(c, "block_ffn_dim_multiplier", 1.0)) * double(width));
        return checked_size(round_up(width, size_key(c, "block_multiple_of", 256)), "block_ff_dim");
    }
};

}
