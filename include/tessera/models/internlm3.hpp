// InternLM 3: llama with names of its own for its biases.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct internlm3 : llama {
    static constexpr std::string_view model_types[] = {"internlm3"};

    explicit internlm3(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(2);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    biases biased() const override {
        const bool attention = json().get_or("qkv_bias", json().get_or("attention_bias", false));
        const bool all = json().get_or("bias", json().get_or("mlp_bias", false));
        if (attention != all)
            throw error(errc::unsupported, "only some maps have biases",
                        {.subject = "qkv_bias",
                         .expected = all ? "true, as bias" : "false, as bias",
                         .found = attention ? "true" : "false"});
        return {.qkv = all, .out = all, .feed_forward = all};
    }
};

}
