// OLMo: layer norms without weights; queries, keys and values may be clipped.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct olmo : llama {
    static constexpr std::string_view model_types[] = {"olmo"};

    explicit olmo(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = 1e-5f;
    }

protected:
    norm::any norm(const std::string&, index_t) const override { return norm::layer{{}, {}, config.epsilon}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        if (present(json(), "clip_qkv") != nullptr) a.clip = float_key(json(), "clip_qkv", 0);
        return a;
    }
};

}
