// Code World Model: llama with a window on three of four layers.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct cwm : llama {
    static constexpr std::string_view model_types[] = {"cwm"};

    explicit cwm(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.windows = windows_of(files.config, config.layers, window_key(files.config, 8192),
                                    [](index_t i) { return i % 4 != 0; });
    }

protected:
    std::vector<position::rope_options> ropes() const override {
        return {rope_options_or_llama3(json(), config, 1e6, 16.0)};
    }
    biases biased() const override { return {.feed_forward = json().get_or("mlp_bias", false)}; }
};

}
