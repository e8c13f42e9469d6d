// Nemotron-H: each layer is one mixer alone, Mamba-2, attention without positions, a feed-forward or experts.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tessera/models/experts.hpp"
#include "tessera/models/mamba2.hpp"

namespace tessera::inline TESSERA_ABI::models {

// 'M', '*', '-' or 'E' for each layer, from a list of names or from the pattern of older files.
inline std::string mixer_pattern(const io::json& config) {
    if (present(config, "layers_block_type") == nullptr) return config.get<std::string>("hybrid_override_pattern");
    const std::pair<std::string_view, char> known[] = {{"mamba", 'M'},     {"linear_attention", 'M'},
                                                       {"attention", '*'}, {"full_attention", '*'},
                                                       {"mlp", '-'},       {"moe", 'E'}};
    std::string pattern;
    for (const std::string& name : config.get<std::vector<std::string>>("layers_block_type")) {
        const auto* found = std::find_if(std::begin(known), std::end(known), [&](auto& k) { return k.first == name; });
        pattern += found == std::end(known) ? '?' : found->second;
    }
    return pattern;
}

struct nemotron_h : llama {
    static constexpr std::string_view model_types[] = {"nemotron_h"};

    explicit nemotron_h(const checkpoint& files, const load_options& options = {})
        : llama(with_layers(files), options), pattern_(mixer_pattern(files.config)) {
        const io::json& c = files.config;
        assume_kv_heads(8);
        assume_head_dim(128);
        config.layers = index_t(pattern_.size());
        config.epsilon = float_key(c, "layer_norm_epsilon", 1e-5);
        config.activation = c.get_or("mlp_hidden_act", "relu2");
        if (present(c, "moe_latent_size") != nullptr)
            throw error(errc::unsupported, "experts of another width than the model", {.subject = "moe_latent_size"});
    }

protected:
    std::string embedding_name() const override { return "backbone.embeddings.weight"; }
    std::string layer_name(index_t i) const override { return "backbone.layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "backbone.norm_f"; }
    biases biased() const override { return {.feed_forward = json().get_or("mlp_bias", false)}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    model::block layer(index_t i) const override {
        return {{{.before = norm(layer_name(i) + "norm", config.hidden), .mixer = mixer(layer_name(i) + "mixer.", i)}}};
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        switch (pattern_[std::size_t(i)]) {
            case 'M': return mamba2_mixer(tensors(), at, state_space(), config);
            case '*': return attention(at, i);
            case '-': return plain(at, config.feed_forward, biased().feed_forward);
            case 'E': return experts(at);
            default:
                throw error(errc::format, "no such kind of layer",
                            {.subject = "hybrid_override_pattern", .expected = "M, *, - or E", .found = pattern_});
        }
    }

private:
    // The list decides how many layers there are.
    static checkpoint with_layers(const checkpoint& files) {
        const index_t layers = index_t(mixer_pattern(files.config).size());
        return with_common_keys(files, {{"num_hidden_layers", "num_hidden_layers", layers}});
    }

    mamba2_shape state_space() const {
        const io::json& c = json();
        const auto size = [&](std::string_view key, std::string_view other, index_t otherwise) {
            return size_key(c, other, size_key(c, key, otherwise));
        };
        return {.heads = size_key(c, "mamba_num_heads", 128),
                .head_dim = size_key(c, "mamba_head_dim", 64),
                .groups = size("n_groups", "mamba_n_groups", 8),
                .states = size_key(c, "ssm_state_size", 128),
                .taps = size("conv_kernel", "mamba_d_conv", 4),
                .biased = c.get_or("use_bias", false),
                .out_biased = c.get_or("use_bias", false),
                .conv_biased = c.get_or("mamba_conv_bias", c.get_or("use_conv_bias", true)),
                .limits = {.least = float_key(c, "mamba_dt_min", float_key(c, "time_step_min", 1e-3))},
                .activation = c.get_or("mamba_hidden_act", "silu")};
    }

    ffn::mlp plain(const std::string& at, index_t width, bool with_bias) const {
        return {tensors().affine(at + "up_proj", width, config.hidden, with_bias),
                tensors().affine(at + "down_proj", config.hidden, width, with_bias),
                ops::activation_from(config.activation)};
    }

    ffn::moe experts(const std::string& at) const {
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 7688);
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             corrected_routing(json(), tensors(), at + "gate.", sizes.experts, true),
                             [&](index_t e) { return plain(at + "experts." + std::to_string(e) + ".", width, false); });
        m.shared = plain(at + "shared_experts.", size_key(json(), "moe_shared_expert_intermediate_size", 7688),
                         biased().feed_forward);
        return m;
    }

    std::string pattern_;
};

}
