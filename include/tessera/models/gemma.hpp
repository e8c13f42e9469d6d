// Gemma 1, 2 and 3: norms with 1 + w, scaled embeddings, sandwich norms, soft caps, alternating windows.
#pragma once

#include <cmath>

#include "tessera/attention/softcap.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gemma : llama {
    static constexpr std::string_view model_types[] = {"gemma"};

    explicit gemma(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(16);
        config.head_dim = size_key(files.config, "head_dim", 256);
        config.activation = "gelu_pytorch_tanh";  // whatever hidden_act says: the first files said "gelu"
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.embedding_factor = embedding_factor();
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override {
        return rms(name, width, files().gguf ? 0.0f : 1.0f);  // GGUF stores 1 + w
    }

    // √hidden, rounded to the type that the reference computes in.
    float embedding_factor() const {
        return rounded_root(config.hidden, tensors().stored(embedding_name(), config.vocabulary, config.hidden).format);
    }
    float rounded_root(index_t n, quant::storage stored) const {
        const float root = std::sqrt(static_cast<float>(n));
        if (files().gguf) return root;
        if (stored == quant::storage::bf16) return float(bf16(root));
        if (stored == quant::storage::f16) return float(f16(root));
        return root;
    }
};

// A norm before and after each sublayer; two of every so many layers' attention is within a window.
struct gemma2 : gemma {
    static constexpr std::string_view model_types[] = {"gemma2"};

    explicit gemma2(const checkpoint& files, const load_options& options = {}) : gemma(files, options) {
        const io::json& c = files.config;
        config.activation = c.get_or("hidden_activation", "gelu_pytorch_tanh");
        config.attention_scale = 1.0f / std::sqrt(float_key(c, "query_pre_attn_scalar", 256));
        assume_kv_heads(4);
        config.attention_softcap = softcap_key(c, "attn_logit_softcapping", 50);
        config.logit_softcap = softcap_key(c, "final_logit_softcapping", 30);
        config.windows =
            windows_of(c, config.layers, size_key(c, "sliding_window", 4096), [](index_t i) { return i % 2 == 0; });
    }

    static auto scores(const model::decoder_config& c, index_t layer) {
        return attention::softcap{c.attention_softcap} & causal_scores(c, layer);
    }

protected:
    layer_names names() const override {
        return {.norm_after_attention = "post_attention_layernorm",
                .feed_forward_norm = "pre_feedforward_layernorm",
                .norm_after_feed_forward = "post_feedforward_layernorm"};
    }
};

// Gemma 2 without the norms after.
struct vaultgemma : gemma2 {
    static constexpr std::string_view model_types[] = {"vaultgemma"};
    using gemma2::gemma2;

protected:
    layer_names names() const override { return {.feed_forward_norm = "pre_feedforward_layernorm"}; }
};

// Normalised queries and keys; windowed layers rotate with a base of their own. No soft cap on scores.
struct gemma3 : gemma2 {
    static constexpr std::string_view model_types[] = {"gemma3_text"};

    explicit gemma3(const checkpoint& files, const load_options& options = {}) : gemma2(files, options) {
        const index_t pattern = size_key(files.config, "sliding_window_pattern", 6);
        config.attention_softcap = 0.0f;
        config.logit_softcap = softcap_key(files.config, "final_logit_softcapping", 0);
        config.windows = windows_of(files.config, config.layers, size_key(files.config, "sliding_window", 4096),
                                    [pattern](index_t i) { return (i + 1) % pattern != 0; });
    }

    static auto scores(const model::decoder_config& c, index_t layer) { return causal_scores(c, layer); }

protected:
    std::vector<position::rope_options> ropes() const override {
        return {rope_options(json(), config, {.theta = 1e6, .kind = "full_attention"}), local_rope()};
    }
    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 1 : 0; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return with_head_norms(gemma2::attention(at, i), at + "q_norm", at + "k_norm");
    }

private:
    position::rope_options local_rope() const {
        return rope_options(
            json(), config,
            {.theta = 1e4, .theta_key = "rope_local_base_freq", .scaling_key = {}, .kind = "sliding_attention"});
    }
};

}
