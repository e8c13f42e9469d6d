// Doge: llama with normalised heads, keys with biases of their own, and weights on the residual stream itself.
#pragma once

#include "tessera/model/key_biased_attention.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Of more keys than keep_window_size the family attends to those with the largest biases: such contexts are refused.
// So are its mixtures of experts, where the routing of a row depends on the number of rows beside it.
struct doge : llama {
    static constexpr std::string_view model_types[] = {"doge"};

    explicit doge(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        require_option(c, "is_moe", false);
        const index_t kept = size_key(c, "keep_window_size", 2048);
        if (options.context > kept)
            throw error(errc::unsupported, "keys would have to be chosen in so long a context",
                        {.subject = "keep_window_size",
                         .expected = "at most " + std::to_string(kept),
                         .found = std::to_string(options.context)});
        config.context = std::min(config.context, kept);
        if (present(c, "sliding_window") != nullptr)
            config.windows.assign(std::size_t(config.layers), size_key(c, "sliding_window"));
    }

protected:
    biases biased() const override {
        const bool attention = json().get_or("attention_bias", false);
        return {.qkv = attention, .out = attention, .feed_forward = json().get_or("mlp_bias", false)};
    }

    model::block layer(index_t i) const override {
        model::block b = llama::layer(i);
        b.sublayers[0].carry = tensors().vector(layer_name(i) + "input_residual", config.hidden);
        b.sublayers[1].carry = tensors().vector(layer_name(i) + "post_attention_residual", config.hidden);
        return b;
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        return model::key_biased_attention{
            with_head_norms(attention(at, i), at + "q_norm", at + "k_norm"),
            tensors().affine(at + "dt_proj", config.kv_heads, config.kv_heads * config.head_dim, biased().qkv),
            tensors().vector(at + "A", config.kv_heads)};
    }
};

}
