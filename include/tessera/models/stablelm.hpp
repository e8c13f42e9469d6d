// StableLM: layer norms with biases, partly rotated heads, optionally both sublayers in parallel.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct stablelm : llama {
    static constexpr std::string_view model_types[] = {"stablelm"};

    explicit stablelm(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(32);
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    rope_defaults rope_assumed() const override { return {.fraction = 0.25}; }
    biases biased() const override { return {.qkv = json().get_or("use_qkv_bias", false)}; }

    model::block layer(index_t i) const override {
        return json().get_or("use_parallel_residual", false) ? parallel_layer(i) : llama::layer(i);
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        if (json().get_or("qk_layernorm", false)) {
            a.q_norm = head_norms(at + "q_layernorm", config.heads);
            a.k_norm = head_norms(at + "k_layernorm", config.kv_heads);
        }
        return a;
    }

private:
    // One weight for each head and no bias; GGUF stacks them into one tensor.
    norm::any head_norms(const std::string& name, index_t count) const {
        norm::layer_per_head norms{tensor<float>({count, config.head_dim}), config.epsilon};
        if (files().gguf) norms.weight = tensors().matrix(name + ".weight", count, config.head_dim);
        for (index_t h = 0; h < count && !files().gguf; ++h) {
            const std::string one = name + ".norms." + std::to_string(h) + ".weight";
            std::copy_n(tensors().vector(one, config.head_dim).data(), config.head_dim, &norms.weight(h, 0));
        }
        return norms;
    }
};

}
