// GLM-4: neighbours in half of each head rotated, gate and up in one tensor; the later release adds norms after.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct glm : llama {
    static constexpr std::string_view model_types[] = {"glm"};

    explicit glm(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(2);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1.5625e-7);
    }

protected:
    rope_defaults rope_assumed() const override { return {.fraction = 0.5, .interleaved = true}; }
    biases biased() const override { return {.qkv = json().get_or("attention_bias", true)}; }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return fused_feed_forward(at);
    }
};

// A norm before and after each sublayer.
struct glm4 : glm {
    static constexpr std::string_view model_types[] = {"glm4"};
    using glm::glm;

protected:
    layer_names names() const override {
        return {.norm_after_attention = "post_self_attn_layernorm", .norm_after_feed_forward = "post_mlp_layernorm"};
    }
};

}
