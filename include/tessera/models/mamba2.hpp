// Mamba-2: heads with a matrix as their state in place of attention and feed-forward; and its mixer for the hybrids.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "tessera/model/mamba2.hpp"
#include "tessera/models/mamba.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct mamba2_shape {
    index_t heads, head_dim, groups, states, taps;
    bool biased, out_biased, conv_biased;
    model::step_size limits;
    std::string activation;
    bool normalised = true;
    // Of what in_proj gives for the gate, x, B, C and the steps.
    std::array<float, 5> factors{1.0f, 1.0f, 1.0f, 1.0f, 1.0f};

    index_t inner() const { return heads * head_dim; }
};

// time_step_limit: the least and the largest step.
inline model::step_size step_limits(const io::json& config) {
    const io::json* limits = present(config, "time_step_limit");
    if (limits == nullptr) return {};
    // transformers 5 spells infinity as an object.
    const auto number = [](const io::json& x) {
        return x.is_object() ? std::numeric_limits<float>::infinity() : x.as<float>("time_step_limit");
    };
    return {number(limits->at(0)), number(limits->at(1))};
}

// The families with a prefix before their keys: mamba_n_heads, mamba_d_state and so on, as Bamba has them.
inline mamba2_shape mamba2_shape_of(const io::json& config, index_t inner) {
    const index_t heads = size_key(config, "mamba_n_heads", 128);
    const io::json* dim = present(config, "mamba_d_head");
    return {.heads = heads,
            .head_dim = dim == nullptr || dim->is_string() ? inner / heads : size_key(config, "mamba_d_head"),
            .groups = size_key(config, "mamba_n_groups", 1),
            .states = size_key(config, "mamba_d_state", 256),
            .taps = size_key(config, "mamba_d_conv", 4),
            .biased = config.get_or("mamba_proj_bias", false),
            .out_biased = config.get_or("mamba_proj_bias", false),
            .conv_biased = config.get_or("mamba_conv_bias", true),
            .limits = step_limits(config),
            .activation = config.get_or("hidden_act", "silu")};
}

inline void check(const mamba2_shape& s) {
    if (s.heads % s.groups != 0)
        throw error(errc::format, "groups do not divide the heads of a state space",
                    {.subject = "groups",
                     .expected = "a divisor of " + std::to_string(s.heads),
                     .found = std::to_string(s.groups)});
}

// The factor of the gate and that of the steps stay factors; those of x, B and C go into the taps of the convolution.
inline void scale(model::mamba2& m, const mamba2_shape& s) {
    m.gate_factor = s.factors[0];
    for (float& b : m.gate.b.flat()) b *= m.gate_factor;
    m.step_factor = s.factors[4];
    for (float& b : m.step.b.flat()) b *= m.step_factor;
    for (index_t c = 0; c < m.conv.channels(); ++c) {
        const float factor = c < s.inner() ? s.factors[1] : s.factors[c < s.inner() + s.groups * s.states ? 2 : 3];
        for (index_t tap = 0; tap < s.taps; ++tap) m.conv.weight(tap, c) *= factor;
    }
}

// The mixer whose tensors begin with `at`: in_proj holds the rows of the gate, of x, B and C, and of the steps.
inline model::mamba2 mamba2_mixer(const weights& tensors, const std::string& at, const mamba2_shape& s,
                                  const model::decoder_config& c) {
    check(s);
    const index_t inner = s.inner(), mixed = inner + 2 * s.groups * s.states, all = inner + mixed + s.heads;
    const auto part = [&](range rows) { return tensors.part(at + "in_proj", rows, all, c.hidden, s.biased); };
    const ops::any_activation act = ops::activation_from(s.activation);
    model::mamba2 m{.head_dim = s.head_dim,
                    .groups = s.groups,
                    .states = s.states,
                    .gate = part({0, inner}),
                    .in = part({inner, inner + mixed}),
                    .step = part({inner + mixed, all}),
                    .limits = s.limits,
                    .conv = causal_conv(tensors, at + "conv1d", mixed, s.taps, s.conv_biased, act),
                    .a = tensors.vector(at + "A_log", s.heads),
                    .skip = tensors.vector(at + "D", s.heads),
                    .out = tensors.affine(at + "out_proj", c.hidden, inner, s.out_biased)};
    scale(m, s);
    const tensor<float, 1> step_bias = tensors.vector(at + "dt_bias", s.heads);
    for (index_t h = 0; h < s.heads; ++h) m.step.b(h) += step_bias(h);
    for (float& a : m.a.flat()) a = -std::exp(a);
    if (s.normalised)
        m.norm = norm::rms_per_head{tensors.folded(at + "norm.weight", s.groups, inner / s.groups), c.epsilon};
    return m;
}

struct mamba2 : mamba {
    static constexpr std::string_view model_types[] = {"mamba2"};

    explicit mamba2(const checkpoint& files, const load_options& options = {}) : mamba(files, options) {
        config.tied = files.config.get_or("tie_word_embeddings", false);
        config.head_dim = size_key(files.config, "head_dim", 64);
    }

protected:
    model::any_mixer mixer(const std::string& at, index_t) const override {
        const io::json& c = json();
        return mamba2_mixer(tensors(), at,
                            {.heads = size_key(c, "num_heads", 128),
                             .head_dim = config.head_dim,
                             .groups = size_key(c, "n_groups", 8),
                             .states = size_key(c, "state_size", 128),
                             .taps = size_key(c, "conv_kernel", 4),
                             .biased = c.get_or("use_bias", false),
                             .out_biased = c.get_or("use_bias", false),
                             .conv_biased = c.get_or("use_conv_bias", true),
                             .limits = step_limits(c),
                             .activation = config.activation},
                            config);
    }
};

}
