// Falcon: one key head for all queries, or (new_decoder_architecture) for groups of them; falcon-rw has ALiBi instead
// of rotary positions.
#pragma once

#include "tessera/models/alibi_scores.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/megatron.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct falcon : megatron {
    static constexpr std::string_view model_types[] = {"falcon"};
    static bool accepts(const io::json& config) { return !config.get_or("alibi", false); }

    explicit falcon(const checkpoint& files, const load_options& options = {})
        : megatron(with_falcon_keys(files), options) {
        const io::json& c = files.config;
        config.epsilon = float_key(c, "layer_norm_epsilon", 1e-5);
        config.activation = c.get_or("activation", "gelu");
        config.tied = c.get_or("tie_word_embeddings", true);
        divide_width();
        const bool one = !is_new() && c.get_or("multi_query", true);
        config.kv_heads = one ? 1 : is_new() ? size_key(c, "num_kv_heads", config.heads) : config.heads;
        if (is_new()) require_option(c, "parallel_attn", true);
    }

protected:
    std::string embedding_name() const override { return "transformer.word_embeddings.weight"; }
    std::string layer_name(index_t i) const override { return "transformer.h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "transformer.ln_f"; }
    layer_names names() const override {
        if (!has_two_norms()) return {.attention = "self_attention."};
        return {.attention_norm = "ln_attn", .attention = "self_attention.", .feed_forward_norm = "ln_mlp"};
    }
    biases biased() const override {
        const bool all = json().get_or("bias", false);
        return {.qkv = all, .out = all, .feed_forward = all};
    }

    model::block layer(index_t i) const override {
        const bool parallel = json().get_or("parallel_attn", true);
        if (parallel && !has_two_norms()) return parallel_layer(i);
        model::block b = megatron::layer(i);
        b.parallel = parallel;
        return b;
    }

private:
    bool is_new() const { return json().get_or("new_decoder_architecture", false); }
    bool has_two_norms() const { return is_new() && json().get_or("num_ln_in_parallel_attn", 2) == 2; }

    static checkpoint with_falcon_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "n_embed", size_key(files.config, "hidden_size", 4544));
        return with_common_keys(files, {{"n_embed", "hidden_size", 4544},
                                        {"n_layer", "num_hidden_layers", 32},
                                        {"n_head", "num_attention_heads", 71},
                                        {"ffn_hidden_size", "intermediate_size", 4 * hidden}});
    }
};

struct falcon_alibi : falcon {
    static constexpr std::string_view model_types[] = {"falcon"};
    static bool accepts(const io::json& config) { return config.get_or("alibi", false); }
    using falcon::falcon;

    // Falcon rounds the slopes too.
    static auto scores(const model::decoder_config& c, index_t) {
        std::vector<float> slopes = alibi_slopes(c.heads);
        for (float& s : slopes) s = attention::as_bf16(s);
        return causal_alibi_scores(std::move(slopes), 1.0f / std::sqrt(float(c.head_dim)));
    }

protected:
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }
};

}
