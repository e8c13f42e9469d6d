// MPT: ALiBi, layer norms and linear maps without biases.
#pragma once

#include "tessera/models/alibi_scores.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct mpt : llama {
    static constexpr std::string_view model_types[] = {"mpt"};

    explicit mpt(const checkpoint& files, const load_options& options = {}) : llama(with_mpt_keys(files), options) {
        require_known(files.config);
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.activation = "gelu";
        config.tied = files.config.get_or("tie_word_embeddings", true);
        divide_width();
        config.attention_scale = float_key(attention_keys(), "softmax_scale", 0.0);
    }

    auto scores(const model::decoder_config& c, index_t) const {
        return causal_alibi_scores(alibi_slopes(c.heads, double(float_key(attention_keys(), "alibi_bias_max", 8))));
    }

protected:
    std::string embedding_name() const override { return "transformer.wte.weight"; }
    std::string layer_name(index_t i) const override { return "transformer.blocks." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "transformer.norm_f"; }
    layer_names names() const override {
        return {
            .attention_norm = "norm_1", .attention = "attn.", .feed_forward_norm = "norm_2", .feed_forward = "ffn."};
    }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    norm::any norm(const std::string& name, index_t width) const override {
        return norm::layer{tensors().vector(name + ".weight", width), {}, config.epsilon};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = joined_attention(at + "Wqkv", at + "out_proj", i);
        if (const float clip = float_key(attention_keys(), "clip_qkv", 0.0); clip != 0.0f) a.clip = clip;
        return a;
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "up_proj", at + "down_proj", ops::activation_from(config.activation));
    }

private:
    static const io::json& attention_keys_of(const io::json& config) {
        static const io::json nothing{io::json::object{}};
        const io::json* keys = present(config, "attn_config");
        return keys == nullptr ? nothing : *keys;
    }
    const io::json& attention_keys() const { return attention_keys_of(json()); }

    static void require_known(const io::json& config) {
        const io::json& attention = attention_keys_of(config);
        require_option(attention, "alibi", true);
        require_option(attention, "attn_type", "multihead_attention");
        require_option(attention, "prefix_lm", false);
        require_option(attention, "qk_ln", false);
        require_option(config, "no_bias", true);
        if (const std::string kind = config.get_or("norm_type", "layernorm"); kind != "low_precision_layernorm")
            require_option(config, "norm_type", "layernorm");
        if (const io::json* scale = present(config, "logit_scale"); scale != nullptr)
            throw error(errc::unsupported, "the option is not known here",
                        {.subject = "logit_scale", .expected = "null", .found = io::to_text(*scale)});
    }

    static checkpoint with_mpt_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "d_model", size_key(files.config, "hidden_size", 2048));
        const index_t ratio = size_key(files.config, "expansion_ratio", 4);
        return with_common_keys(files, {{"d_model", "hidden_size", 2048},
                                        {"n_layers", "num_hidden_layers", 24},
                                        {"n_heads", "num_attention_heads", 16},
                                        {"max_seq_len", "max_position_embeddings", 2048},
                                        {"intermediate_size", "intermediate_size", ratio * hidden}});
    }
};

}
