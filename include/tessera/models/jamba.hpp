// Jamba: Mamba in place of most layers' attention, experts in every other layer, and no positions.
#pragma once

#include <string>
#include <vector>

#include "tessera/models/experts.hpp"
#include "tessera/models/mamba.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct jamba : llama {
    static constexpr std::string_view model_types[] = {"jamba"};

    explicit jamba(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
    }

protected:
    std::string final_norm_name() const override { return "model.final_layernorm"; }
    layer_names names() const override {
        return {.feed_forward_norm = "pre_ff_layernorm", .feed_forward = "feed_forward."};
    }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    // The input-dependent parts of the state space are normalised.
    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (recurs(i, "attn_layer_period", 8, "attn_layer_offset", 4)) return attention(at, i);
        const std::string own = layer_name(i) + "mamba.";
        const mamba_shape shape = state_space();
        model::mamba m = mamba_mixer(tensors(), own, shape, config);
        m.step_norm = norm(own + "dt_layernorm", shape.rank);
        m.b_norm = norm(own + "b_layernorm", shape.states);
        m.c_norm = norm(own + "c_layernorm", shape.states);
        return m;
    }

    model::any_mixer feed_forward(const std::string& at, index_t i) const override {
        if (size_key(json(), "num_experts", 16) == 1 || !recurs(i, "expert_layer_period", 2, "expert_layer_offset", 1))
            return gated(at, config.feed_forward);
        const mixture_sizes sizes = mixture_of(json());
        return mixture(sizes, tensors().affine(at + "router", sizes.experts, config.hidden, false), ffn::top_scores{},
                       [&](index_t e) { return expert(at, e, config.feed_forward); });
    }

private:
    bool recurs(index_t i, std::string_view period, index_t usual_period, std::string_view offset,
                index_t usual_offset) const {
        return i % size_key(json(), period, usual_period) == json().get_or(offset, std::int64_t(usual_offset));
    }

    mamba_shape state_space() const {
        return {.inner = size_key(json(), "mamba_expand", 2) * config.hidden,
                .states = size_key(json(), "mamba_d_state", 16),
                .rank = step_rank(json(), "mamba_dt_rank", config.hidden),
                .taps = size_key(json(), "mamba_d_conv", 4),
                .biased = json().get_or("mamba_proj_bias", false),
                .conv_biased = json().get_or("mamba_conv_bias", true)};
    }
};

}
