// Helium: llama with neighbours rotated and a tiny epsilon.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct helium : llama {
    static constexpr std::string_view model_types[] = {"helium"};

    explicit helium(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(20);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-8);
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 1e5, .interleaved = true}; }

    biases biased() const override {
        return {.qkv = json().get_or("attention_bias", false), .feed_forward = json().get_or("mlp_bias", false)};
    }
};

}
