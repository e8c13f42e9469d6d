// Phi-3: queries, keys and values in one tensor, gate and up in another.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct phi3 : llama {
    static constexpr std::string_view model_types[] = {"phi3"};

    explicit phi3(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        if (present(files.config, "sliding_window") == nullptr) return;
        config.windows = windows_of(files.config, config.layers, size_key(files.config, "sliding_window"),
                                    [](index_t) { return true; });
    }

protected:
    model::self_attention attention(const std::string& at, index_t i) const override {
        return joined_attention(at + "qkv_proj", at + "o_proj", i);
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return fused_feed_forward(at);
    }
};

}
