// AFM: llama with a squared feed-forward that has no gate.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct arcee : llama {
    static constexpr std::string_view model_types[] = {"arcee"};

    explicit arcee(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "relu2");
    }

protected:
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "up_proj", at + "down_proj", ops::activation_from(config.activation));
    }
};

}
