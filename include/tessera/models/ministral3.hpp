// Ministral 3: llama whose queries grow with their position.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct ministral3 : llama {
    static constexpr std::string_view model_types[] = {"ministral3"};

    explicit ministral3(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(8);
        assume_head_dim(128);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        config.windows = windows_of(c, config.layers, window_key(c, 0), [](index_t) { return true; });
    }

protected:
    biases biased() const override { return {}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        const io::json* rope = rope_object(json(), {});
        if (rope == nullptr) throw error(errc::missing, "no such key", {.subject = "rope_parameters"});
        a.growth = {.rate = float_key(*rope, "llama_4_scaling_beta", 0.0),
                    .length = size_key(*rope, "original_max_position_embeddings")};
        return a;
    }
};

}
