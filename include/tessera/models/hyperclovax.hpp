// HyperCLOVA X: granite with a norm after each sublayer too; logits are multiplied, not divided.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct hyperclovax : granite {
    static constexpr std::string_view model_types[] = {"hyperclovax"};

    explicit hyperclovax(const checkpoint& files, const load_options& options = {}) : granite(files, options) {
        config.attention_scale = float_key(files.config, "attention_multiplier", 0.0);
        config.logit_factor = float_key(files.config, "logits_scaling", 1.0);
    }

protected:
    model::decoder_layer layer(index_t i) const override {
        model::decoder_layer block = granite::layer(i);
        if (!json().get_or("use_post_norm", true)) return block;
        block.attention.after = norm(layer_name(i) + "post_norm1", config.hidden);
        block.feed_forward.after = norm(layer_name(i) + "post_norm2", config.hidden);
        return block;
    }
};

}
