// ERNIE 4.5: llama with neighbours rotated.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct ernie4_5 : llama {
    static constexpr std::string_view model_types[] = {"ernie4_5"};

    explicit ernie4_5(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(2);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.tied = files.config.get_or("tie_word_embeddings", true);
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 5e5, .interleaved = true}; }

    biases biased() const override {
        const bool all = json().get_or("use_bias", false);
        return {.qkv = all, .out = all, .feed_forward = all};
    }
};

}
