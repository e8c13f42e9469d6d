// RWKV-4: averages that fade with time in place of attention.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tessera/model/rwkv.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct rwkv : llama {
    static constexpr std::string_view model_types[] = {"rwkv"};

    explicit rwkv(const checkpoint& files, const load_options& options = {}) : llama(with_usual_keys(files), options) {
        config.context = options.context > 0 ? config.context : endless_context;
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
    }

protected:
    std::string embedding_name() const override { return "rwkv.embeddings.weight"; }
    std::string layer_name(index_t i) const override { return "rwkv.blocks." + std::to_string(i) + "."; }
    std::string head_name() const override { return "head"; }
    std::vector<position::rope_options> ropes() const override { return {}; }

    void embed(model::stack& parts) const override {
        llama::embed(parts);
        parts.embedding_norm = layer_norm(layer_name(0) + "pre_ln", config.hidden);
    }
    norm::any final_norm() const override { return norm_after("rwkv.ln_out", config.layers); }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        model::time_mix time = time_mix(at + "attention.");
        const index_t kept = time.state();
        return {{{.before = norm_after(at + "ln1", i), .mixer = std::move(time)},
                 {.before = norm_after(at + "ln2", i), .mixer = channel_mix(at + "feed_forward.", kept)}}};
    }

private:
    // Sizes that may be left out follow from the width.
    static checkpoint with_usual_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "hidden_size");
        const index_t inner = checked_size(4 * hidden, "hidden_size");
        return with_common_keys(files, {{"context_length", "max_position_embeddings", 1024},
                                        {"intermediate_size", "intermediate_size", inner},
                                        {"attention_hidden_size", "attention_hidden_size", hidden},
                                        {"num_attention_heads", "num_attention_heads", 1}});
    }

    // The reference halves the stream after every so many layers, which makes its norms' epsilon four times as large.
    norm::any norm_after(const std::string& name, index_t layers) const {
        auto n = std::get<norm::layer>(layer_norm(name, config.hidden));
        const index_t every = json().get_or("rescale_every", std::int64_t(6));
        if (every > 0) n.epsilon *= static_cast<float>(std::exp2(2.0 * double(layers / every)));
        return n;
    }

    // mix ∘ x[t] + (1 - mix) ∘ x[t - 1]
    conv::causal shift(const std::string& name) const {
        const tensor<float, 1> mix = tensors().elements(name, config.hidden);
        conv::causal c{tensor<float>({2, config.hidden}), tensor<float, 1>({config.hidden})};
        for (index_t i = 0; i < config.hidden; ++i) {
            c.weight(0, i) = 1.0f - mix(i);
            c.weight(1, i) = mix(i);
        }
        return c;
    }

    model::time_mix time_mix(const std::string& at) const {
        const index_t hidden = config.hidden, channels = size_key(json(), "attention_hidden_size");
        model::time_mix m{.mix_k = shift(at + "time_mix_key"),
                          .mix_v = shift(at + "time_mix_value"),
                          .mix_gate = shift(at + "time_mix_receptance"),
                          .k = tensors().affine(at + "key", channels, hidden, false),
                          .v = tensors().affine(at + "value", channels, hidden, false),
                          .gate = tensors().affine(at + "receptance", channels, hidden, false),
                          .decay = tensors().vector(at + "time_decay", channels),
                          .bonus = tensors().vector(at + "time_first", channels),
                          .out = tensors().affine(at + "output", hidden, channels, false)};
        for (float& x : m.decay.flat()) x = -std::exp(x);
        return m;
    }

    model::channel_mix channel_mix(const std::string& at, index_t offset) const {
        const index_t hidden = config.hidden;
        return {.offset = offset,
                .mix_k = shift(at + "time_mix_key"),
                .mix_gate = shift(at + "time_mix_receptance"),
                .k = tensors().affine(at + "key", config.feed_forward, hidden, false),
                .v = tensors().affine(at + "value", hidden, config.feed_forward, false),
                .gate = tensors().affine(at + "receptance", hidden, hidden, false)};
    }
};

}
