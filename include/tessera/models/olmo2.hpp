// OLMo 2 and 3: norms follow the sublayers, and queries and keys are normalised over their full width.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct olmo2 : llama {
    static constexpr std::string_view model_types[] = {"olmo2"};

    explicit olmo2(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    layer_names names() const override {
        return {.attention_norm = {},
                .norm_after_attention = "post_attention_layernorm",
                .feed_forward_norm = {},
                .norm_after_feed_forward = "post_feedforward_layernorm"};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        a.q_norm = norm(at + "q_norm", a.q.outputs());
        a.k_norm = norm(at + "k_norm", a.k.outputs());
        return a;
    }
};

// Three of four layers have a window; those rotate by a table of their own, which is never stretched.
struct olmo3 : olmo2 {
    static constexpr std::string_view model_types[] = {"olmo3"};

    explicit olmo3(const checkpoint& files, const load_options& options = {}) : olmo2(files, options) {
        config.windows = windows_of(files.config, config.layers, window_key(files.config, 4096),
                                    [](index_t i) { return (i + 1) % 4 != 0; });
    }

protected:
    std::vector<position::rope_options> ropes() const override {
        return {rope_options(json(), config, {.theta = 5e5, .kind = "full_attention"}),
                rope_options(json(), config, {.theta = 5e5, .scaling_key = {}, .kind = "sliding_attention"})};
    }
    index_t rotary(index_t i) const override { return config.window(i) > 0 ? 1 : 0; }
};

}
