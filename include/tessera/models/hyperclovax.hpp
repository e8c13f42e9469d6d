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
    layer_names names() const override {
        if (!json().get_or("use_post_norm", true)) return {};
        return {.norm_after_attention = "post_norm1", .norm_after_feed_forward = "post_norm2"};
    }
};

}
