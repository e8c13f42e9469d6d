// RecurrentGemma: Griffin's recurrent blocks between layers of local attention.
#pragma once

#include <string>
#include <vector>

#include "tessera/model/griffin.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/mamba.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct recurrent_gemma : gemma {
    static constexpr std::string_view model_types[] = {"recurrent_gemma"};

    explicit recurrent_gemma(const checkpoint& files, const load_options& options = {}) : gemma(files, options) {
        const io::json& c = files.config;
        config.kv_heads = size_key(c, "num_key_value_heads", config.heads);
        config.head_dim = config.hidden / config.heads;
        config.feed_forward /= 2;
        config.activation = c.get_or("hidden_activation", "gelu_pytorch_tanh");
        config.embedding_factor = float(bf16(std::sqrt(static_cast<float>(config.hidden))));
        config.logit_softcap = softcap_key(c, "logits_soft_cap", 30);
        const index_t window = size_key(c, "attention_window_size", 2048);
        for (index_t i = 0; i < config.layers; ++i) config.windows.push_back(recurs(i) ? 0 : window);
    }

protected:
    std::string final_norm_name() const override { return "model.final_norm"; }
    layer_names names() const override {
        return {.attention_norm = "temporal_pre_norm",
                .attention = "temporal_block.",
                .feed_forward_norm = "channel_pre_norm",
                .feed_forward = "mlp_block."};
    }
    biases biased() const override {
        return {.qkv = json().get_or("attention_bias", false), .out = true, .feed_forward = true};
    }
    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (!recurs(i)) return attention(at, i);
        const index_t width = size_key(json(), "lru_width", config.hidden), taps = size_key(json(), "conv1d_width", 4);
        return model::griffin{.in = tensors().affine(at + "linear_x", width, config.hidden, true),
                              .gate = tensors().affine(at + "linear_y", width, config.hidden, true),
                              .gate_activation = ops::activation_from(config.activation),
                              .conv = causal_conv(tensors(), at + "conv_1d", width, taps, true, ops::linear{}),
                              .stay = blocks(at + "rg_lru.recurrent_gate_", width),
                              .take = blocks(at + "rg_lru.input_gate_", width),
                              .rate = rates(at + "rg_lru.recurrent_param", width),
                              .out = tensors().affine(at + "linear_out", config.hidden, width, true)};
    }

private:
    // The kinds of layers that the file lists are repeated as often as needed.
    bool recurs(index_t i) const {
        const io::json* kinds = present(json(), "block_types");
        if (kinds == nullptr) return i % 3 != 2;
        const index_t count = checked_size(index_t(kinds->size()), "block_types");
        return kinds->at(i % count).as_string("block_types") == "recurrent";
    }

    // Square maps of blocks of channels, one for each head: weight [heads, inputs, outputs] and bias [heads, outputs].
    std::vector<gemm::affine> blocks(const std::string& name, index_t channels) const {
        const index_t count = config.heads, width = channels / count;
        if (channels % count != 0)
            throw error(errc::format, "heads do not divide the recurrence's width",
                        {.subject = "lru_width",
                         .expected = "a multiple of " + std::to_string(count),
                         .found = std::to_string(channels)});
        const tensor<float> bias = tensors().matrix(name + "bias", count, width);
        std::vector<gemm::affine> maps;
        for (index_t b = 0; b < count; ++b) {
            maps.push_back(tensors().transposed_slice(name + "weight", {b, count}, width, width));
            std::copy_n(&bias(b, 0), width, maps.back().b.data());
        }
        return maps;
    }

    // -8 softplus(p), the logarithm of the smallest decay.
    tensor<float, 1> rates(const std::string& name, index_t channels) const {
        tensor<float, 1> r = tensors().vector(name, channels);
        for (float& x : r.flat()) x = -8.0f * ops::softplus::of(x);
        return r;
    }
};

}
