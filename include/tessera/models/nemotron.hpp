// Nemotron and Minitron: layer norms that store the weight less one, heads half rotated, a squared feed-forward.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct nemotron : llama {
    static constexpr std::string_view model_types[] = {"nemotron"};

    explicit nemotron(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "relu2");
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override {
        norm::layer n{tensors().vector(name + ".weight", width), tensors().vector(name + ".bias", width),
                      config.epsilon};
        for (index_t i = 0; i < width && !files().gguf; ++i) n.weight(i) += 1.0f;  // GGUF stores 1 + w
        return n;
    }

    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "up_proj", at + "down_proj", ops::activation_from(config.activation));
    }
};

}
