// EXAONE 4: OLMo 2 with norms of each head; where some layers have a window, only those rotate.
#pragma once

#include "tessera/models/olmo2.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct exaone4 : olmo2 {
    static constexpr std::string_view model_types[] = {"exaone4"};

    explicit exaone4(const checkpoint& files, const load_options& options = {}) : olmo2(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(32);
        config.windows = windows_of(c, config.layers, window_key(c, 4096),
                                    [&](index_t i) { return (i + 1) % size_key(c, "sliding_window_pattern", 4) != 0; });
    }

protected:
    biases biased() const override { return {}; }

    index_t rotary(index_t i) const override { return window_key(json(), 4096) == 0 || config.window(i) > 0 ? 0 : -1; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return with_head_norms(llama::attention(at, i), at + "q_norm", at + "k_norm");
    }
};

}
