// Command R and Command R7B: parallel sublayers after one layer norm without bias, neighbours rotated, scaled logits.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct cohere : llama {
    static constexpr std::string_view model_types[] = {"cohere"};

    explicit cohere(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.logit_factor = float_key(files.config, "logit_scale", 0.0625);
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override {
        return norm::layer{tensors().vector(name + ".weight", width), {}, config.epsilon};
    }

    rope_defaults rope_assumed() const override { return {.theta = 5e5, .interleaved = true}; }

    model::block layer(index_t i) const override { return parallel_layer(i); }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        if (!json().get_or("use_qk_norm", false)) return a;
        a.q_norm = head_norms(at + "q_norm.weight", config.heads);
        a.k_norm = head_norms(at + "k_norm.weight", config.kv_heads);
        return a;
    }

private:
    norm::any head_norms(const std::string& name, index_t count) const {
        return norm::layer_per_head{tensors().matrix(name, count, config.head_dim), config.epsilon};
    }
};

// Three of four layers have a window, and only those rotate.
struct cohere2 : cohere {
    static constexpr std::string_view model_types[] = {"cohere2"};

    explicit cohere2(const checkpoint& files, const load_options& options = {}) : cohere(files, options) {
        const io::json& c = files.config;
        config.head_dim = std::max<index_t>(1, config.hidden / config.heads);
        config.windows = windows_of(c, config.layers, window_key(c, 4096),
                                    [&](index_t i) { return (i + 1) % size_key(c, "sliding_window_pattern", 4) != 0; });
    }

protected:
    rope_defaults rope_assumed() const override { return {.interleaved = true}; }
    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 0 : -1; }

    model::self_attention attention(const std::string& at, index_t i) const override { return llama::attention(at, i); }
};

}
