// GPT-NeoX (Pythia): partly rotated heads, usually both sublayers in parallel, each with a norm of its own.
#pragma once

#include "tessera/models/megatron.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gpt_neox : megatron {
    static constexpr std::string_view model_types[] = {"gpt_neox"};

    explicit gpt_neox(const checkpoint& files, const load_options& options = {}) : megatron(files, options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "gelu");
        divide_width();
    }

protected:
    std::string embedding_name() const override { return "gpt_neox.embed_in.weight"; }
    std::string layer_name(index_t i) const override { return "gpt_neox.layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "gpt_neox.final_layer_norm"; }
    std::string head_name() const override { return tensors().has("embed_out.weight") ? "embed_out" : "lm_head"; }
    layer_names names() const override { return {.attention = "attention."}; }
    biases biased() const override {
        const bool attention = json().get_or("attention_bias", true);
        return {.qkv = attention, .out = attention, .feed_forward = true};
    }
    rope_defaults rope_assumed() const override {
        return {.fraction = 0.25, .theta_key = "rotary_emb_base", .fraction_key = "rotary_pct"};
    }

    model::block layer(index_t i) const override {
        model::block b = megatron::layer(i);
        b.parallel = json().get_or("use_parallel_residual", true);
        return b;
    }
};

}
