// OLMo 2: norms follow the sublayers, and queries and keys are normalised over their full width.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct olmo2 : llama {
    static constexpr std::string_view model_types[] = {"olmo2"};

    explicit olmo2(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    model::decoder_layer layer(index_t i) const override {
        model::decoder_layer block;
        block.attention.mixer = attention(layer_name(i) + "self_attn.", i);
        block.attention.after = norm(layer_name(i) + "post_attention_layernorm", config.hidden);
        block.feed_forward.mixer = feed_forward(layer_name(i) + "mlp.", i);
        block.feed_forward.after = norm(layer_name(i) + "post_feedforward_layernorm", config.hidden);
        return block;
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        a.q_norm = norm(at + "q_norm", a.q.outputs());
        a.k_norm = norm(at + "k_norm", a.k.outputs());
        return a;
    }
};

}
