// Persimmon: squared relu, partly rotated heads whose queries and keys are normalised.
#pragma once

#include "tessera/models/megatron.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct persimmon : megatron {
    static constexpr std::string_view model_types[] = {"persimmon"};

    explicit persimmon(const checkpoint& files, const load_options& options = {}) : megatron(files, options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "relu2");
        divide_width();
    }

protected:
    std::string final_norm_name() const override { return "model.final_layernorm"; }
    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = megatron::attention(at, i);
        if (!json().get_or("qk_layernorm", true)) return a;
        return with_head_norms(std::move(a), at + "q_layernorm", at + "k_layernorm");
    }
};

}
