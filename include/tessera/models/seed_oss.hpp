// Seed-OSS: llama with biases on queries, keys and values.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct seed_oss : llama {
    static constexpr std::string_view model_types[] = {"seed_oss"};

    explicit seed_oss(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
        assume_head_dim(128);
    }

protected:
    biases biased() const override {
        return {.qkv = json().get_or("attention_bias", true),
                .out = json().get_or("attention_out_bias", false),
                .feed_forward = json().get_or("mlp_bias", false)};
    }
};

}
