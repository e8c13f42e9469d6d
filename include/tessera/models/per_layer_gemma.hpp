// What Gemma 3n and Gemma 4 have in common: an input of each layer's own, later layers that attend to the keys and
// values of earlier ones, and normalised values.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "tessera/model/cross_layer_attention.hpp"
#include "tessera/model/per_layer_gate.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/part.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What a family assumes where the file says nothing.
struct per_layer_defaults {
    index_t pattern;  // the last of so many layers has no window
    index_t shared;   // layers without keys and values of their own, the last ones
};

class per_layer_gemma : public gemma3 {
public:
    per_layer_gemma(const checkpoint& files, const load_options& options, const per_layer_defaults& assumed)
        : gemma3(files, options) {
        const io::json& c = files.config;
        config.attention_scale = 1.0f;
        config.windows = windows_of(c, config.layers, size_key(c, "sliding_window", 512),
                                    [&](index_t i) { return (i + 1) % assumed.pattern != 0; });
        shared_ = checked_size(c.get_or("num_kv_shared_layers", std::int64_t(assumed.shared)), "num_kv_shared_layers",
                               0, config.layers - 1);
        width_ =
            checked_size(c.get_or("hidden_size_per_layer_input", std::int64_t(256)), "hidden_size_per_layer_input", 0);
    }

protected:
    norm::any norm(const std::string& name, index_t width) const override { return rms(name, width, 0.0f); }

    // Key heads of a layer, and the width of its heads.
    struct head_sizes {
        index_t key, dim;
    };
    virtual head_sizes sizes(index_t /*layer*/) const { return {config.kv_heads, config.head_dim}; }

    void embed(model::stack& parts) const override {
        gemma3::embed(parts);
        if (width_ == 0) return;
        const std::string name = "model.embed_tokens_per_layer.weight";
        const index_t all = config.layers * width_, known = size_key(json(), "vocab_size_per_layer_input", 262144);
        parts.beside = model::per_layer_rows{
            .tokens = tensors().named(name, [&] { return embedding::table(tensors().stored(name, known, all)); }),
            .token_factor = rounded_root(width_, tensors().stored(name, known, all).format),
            .projection = tensors().affine("model.per_layer_model_projection", all, config.hidden, false),
            .factor = 1.0f / std::sqrt(static_cast<float>(config.hidden)),
            .norm = norm("model.per_layer_projection_norm", width_),
            .width = width_};
    }

    bool has_layer_input() const { return width_ > 0; }
    model::per_layer_gate layer_input(const std::string& at) const {
        return {tensors().affine(at + "per_layer_input_gate", width_, config.hidden, false),
                tensors().affine(at + "per_layer_projection", config.hidden, width_, false),
                ops::activation_from(config.activation)};
    }

    // The layer whose keys and values a layer attends to: itself, or the last of its kind that has some.
    index_t keys_of(index_t layer) const {
        const index_t own = config.layers - shared_;
        if (layer < own) return layer;
        for (index_t i = own; i-- > 0;)
            if ((config.window(i) > 0) == (config.window(layer) > 0)) return i;
        throw error(errc::format, "no layer of its kind has keys",
                    {.subject = "num_kv_shared_layers", .found = "layer " + std::to_string(layer)});
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (keys_of(i) == i) return attention(at, i);
        const attention::heads h = heads_of_layer(i);
        return model::cross_layer_attention{.keys_of = keys_of(i),
                                            .heads = h,
                                            .q = queries(at, h),
                                            .out = output(at, h),
                                            .q_norm = norm(at + "q_norm", h.key_dim),
                                            .rotary = rotary(i)};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = attention_without_values(at, i);
        a.v = tensors().affine(at + names().v, a.heads.key * a.heads.value_dim, config.hidden, biased().qkv);
        return a;
    }

    model::self_attention attention_without_values(const std::string& at, index_t i) const {
        model::self_attention a;
        a.heads = heads_of_layer(i);
        a.q = queries(at, a.heads);
        a.k = tensors().affine(at + names().k, a.heads.key * a.heads.key_dim, config.hidden, biased().qkv);
        a.out = output(at, a.heads);
        a.q_norm = norm(at + "q_norm", a.heads.key_dim);
        a.k_norm = norm(at + "k_norm", a.heads.key_dim);
        a.v_norm = unweighted(a.heads.value_dim);
        a.rotary = rotary(i);
        return a;
    }

    // A norm of rows, or heads, of this width.
    norm::rms unweighted(index_t width) const {
        norm::rms n{.weight = tensor<float, 1>({width}), .epsilon = config.epsilon};
        std::ranges::fill(n.weight.flat(), 1.0f);
        return n;
    }

private:
    attention::heads heads_of_layer(index_t i) const {
        const head_sizes s = sizes(i);
        attention::heads h = heads();
        h.key = s.key;
        h.key_dim = h.value_dim = s.dim;
        return h;
    }
    gemm::affine queries(const std::string& at, const attention::heads& h) const {
        return tensors().affine(at + names().q, h.query * h.key_dim, config.hidden, biased().qkv);
    }
    gemm::affine output(const std::string& at, const attention::heads& h) const {
        return tensors().affine(at + names().out, config.hidden, h.query * h.value_dim, biased().out);
    }

    index_t shared_ = 0;  // layers without keys
    index_t width_ = 0;   // of a layer's own input; 0: none
};

}
