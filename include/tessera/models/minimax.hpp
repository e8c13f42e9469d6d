// MiniMax-01: lightning attention in place of some layers' attention, a mixture of experts in each, and a residual
// stream that is normalised before it is added to.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tessera/model/lightning_attention.hpp"
#include "tessera/models/mixtral.hpp"

namespace tessera::inline TESSERA_ABI::models {

// With N before each sublayer f: x = N(x), then α x + β f(x); so each N but the first comes after the sum before it.
struct minimax : mixtral {
    static constexpr std::string_view model_types[] = {"minimax"};
    using mixtral::mixtral;

protected:
    void embed(model::stack& parts) const override {
        mixtral::embed(parts);
        parts.embedding_norm = norm(layer_name(0) + "input_layernorm", config.hidden);
    }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i), kind = attends(i) ? "full_attn" : "linear_attn";
        const bool last = i == config.layers - 1;
        return {{weighted({.mixer = mixer(at + names().attention, i),
                           .of_sum = norm(at + "post_attention_layernorm", config.hidden)},
                          kind),
                 weighted({.mixer = feed_forward(at, i),
                           .of_sum = norm_or_none(layer_name(i + 1), last ? "" : "input_layernorm")},
                          "mlp")}};
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (attends(i)) return attention(at, i);
        return lightning(at, i);
    }

private:
    // Every second layer unless the file lists them.
    bool attends(index_t i) const {
        if (const io::json* types = present(json(), "layer_types"); types != nullptr)
            return types->at(i).as_string("layer_types") == "full_attention";
        if (const io::json* types = present(json(), "attn_type_list"); types != nullptr)
            return types->at(i).as_int("attn_type_list") == 1;
        return (i + 1) % 2 != 0;
    }

    model::residual weighted(model::residual r, const std::string& kind) const {
        r.keep = float_key(json(), kind + "_alpha_factor", 1.0);
        r.factor = float_key(json(), kind + "_beta_factor", 1.0);
        return r;
    }

    model::lightning_attention lightning(const std::string& at, index_t i) const {
        const index_t inner = config.heads * config.head_dim;
        model::lightning_attention m;
        m.head_dim = config.head_dim;
        m.q = heads_of(at + "qkv_proj", config.heads, 3, {0, 1});
        m.k = heads_of(at + "qkv_proj", config.heads, 3, {1, 2});
        m.v = heads_of(at + "qkv_proj", config.heads, 3, {2, 3});
        m.activation = ops::activation_from(config.activation);
        m.decay = decay(i);
        m.norm = norm::rms{tensors().vector(at + "norm.weight", inner), 1e-6f};  // whatever the file says
        m.gate = tensors().affine(at + "output_gate", inner, config.hidden, false);
        m.out = tensors().affine(at + "out_proj", config.hidden, inner, false);
        return m;
    }

    // e^-slope; slopes fall from head to head as those of ALiBi, and from layer to layer.
    tensor<float, 1> decay(index_t layer) const {
        const double last = double(config.layers - 1) + 1e-5, fall = 1.0 - double(layer) / last + 1e-5;
        tensor<float, 1> all({config.heads});
        for (index_t h = 0; h < config.heads; ++h)
            all.data()[h] = float(std::exp(-std::exp2(-8.0 * double(h + 1) / double(config.heads)) * fall));
        return all;
    }
};

}
