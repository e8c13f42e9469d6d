// Mamba and Falcon Mamba: a selective state space in place of attention and feed-forward.
#pragma once

#include "tessera/model/mamba.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// A convolution whose weight is [channels, 1, taps] in checkpoints.
inline conv::causal causal_conv(const weights& tensors, const std::string& name, index_t channels, index_t taps,
                                bool biased, const ops::any_activation& activation) {
    conv::causal c{tensors.transposed_matrix(name + ".weight", channels, taps), tensor<float, 1>({channels}),
                   activation};
    if (biased) c.bias = tensors.vector(name + ".bias", channels);
    return c;
}

// -e^A_log, transposed: [states, channels].
inline tensor<float> negative_rates(const weights& tensors, const std::string& name, index_t channels, index_t states) {
    tensor<float> a = tensors.transposed_matrix(name, channels, states);
    for (float& x : a.flat()) x = -std::exp(x);
    return a;
}

struct mamba_shape {
    index_t inner, states, rank, taps;
    bool biased, conv_biased;
};

// "auto" is one for each 16 columns, rounded up.
inline index_t step_rank(const io::json& config, std::string_view key, index_t hidden) {
    const io::json* rank = present(config, key);
    return rank == nullptr || rank->is_string() ? ceil_div(hidden, index_t(16)) : size_key(config, key);
}

// The mixer whose tensors begin with `at`.
inline model::mamba mamba_mixer(const weights& tensors, const std::string& at, const mamba_shape& s,
                                const model::decoder_config& c) {
    const index_t inner = s.inner, fused = s.rank + 2 * s.states;
    const auto part_of_x = [&](range rows) { return tensors.part(at + "x_proj", rows, fused, inner, false); };
    const ops::any_activation act = ops::activation_from(c.activation);
    model::mamba m{.in = tensors.part(at + "in_proj", {0, inner}, 2 * inner, c.hidden, s.biased),
                   .gate = tensors.part(at + "in_proj", {inner, 2 * inner}, 2 * inner, c.hidden, s.biased),
                   .conv = causal_conv(tensors, at + "conv1d", inner, s.taps, s.conv_biased, act),
                   .selections = {},
                   .a = negative_rates(tensors, at + "A_log", inner, s.states),
                   .skip = tensors.vector(at + "D", inner),
                   .out = tensors.affine(at + "out_proj", c.hidden, inner, s.biased)};
    m.selections.push_back({.step_low = part_of_x({0, s.rank}),
                            .b = part_of_x({s.rank, s.rank + s.states}),
                            .c = part_of_x({s.rank + s.states, fused}),
                            .step = tensors.affine(at + "dt_proj", inner, s.rank, true)});
    return m;
}

struct mamba : llama {
    static constexpr std::string_view model_types[] = {"mamba"};

    explicit mamba(const checkpoint& files, const load_options& options = {}) : llama(with_mamba_keys(files), options) {
        config.context = options.context > 0 ? config.context : endless_context;
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.tied = files.config.get_or("tie_word_embeddings", true);
    }

protected:
    std::string embedding_name() const override { return "backbone.embeddings.weight"; }
    std::string layer_name(index_t i) const override { return "backbone.layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "backbone.norm_f"; }
    std::vector<position::rope_options> ropes() const override { return {}; }

    model::block layer(index_t i) const override {
        return {{{.before = norm(layer_name(i) + "norm", config.hidden), .mixer = mixer(layer_name(i) + "mixer.", i)}}};
    }

    model::any_mixer mixer(const std::string& at, index_t) const override { return state_space(at); }

    model::mamba state_space(const std::string& at) const {
        const mamba_shape shape{.inner = config.feed_forward,
                                .states = size_key(json(), "state_size", 16),
                                .rank = step_rank(json(), "time_step_rank", config.hidden),
                                .taps = size_key(json(), "conv_kernel", 4),
                                .biased = json().get_or("use_bias", false),
                                .conv_biased = json().get_or("use_conv_bias", true)};
        return mamba_mixer(tensors(), at, shape, config);
    }

private:
    static checkpoint with_mamba_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "hidden_size");
        const index_t inner = hidden * size_key(files.config, "expand", 2);
        return with_common_keys(
            files, {{"intermediate_size", "intermediate_size", inner}, {"num_heads", "num_attention_heads", 1}});
    }
};

// The input-dependent parts of the state space are normalised without weights.
struct falcon_mamba : mamba {
    static constexpr std::string_view model_types[] = {"falcon_mamba"};
    using mamba::mamba;

protected:
    model::any_mixer mixer(const std::string& at, index_t) const override {
        model::mamba m = state_space(at);
        m.step_norm = m.b_norm = m.c_norm = norm::rms{.epsilon = float_key(json(), "mixer_rms_eps", 1e-6)};
        return m;
    }
};

}
