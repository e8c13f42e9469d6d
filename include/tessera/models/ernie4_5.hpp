// ERNIE 4.5: llama with neighbours rotated; and with mixtures of experts in some layers.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct ernie4_5 : llama {
    static constexpr std::string_view model_types[] = {"ernie4_5"};

    explicit ernie4_5(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(2);
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.tied = files.config.get_or("tie_word_embeddings", true);
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 5e5, .interleaved = true}; }

    biases biased() const override {
        const bool all = json().get_or("use_bias", false);
        return {.qkv = all, .out = all, .feed_forward = all};
    }
};

// The choice of experts is corrected; some are shared.
struct ernie4_5_moe : ernie4_5 {
    static constexpr std::string_view model_types[] = {"ernie4_5_moe"};

    explicit ernie4_5_moe(const checkpoint& files, const load_options& options = {}) : ernie4_5(files, options) {
        assume_kv_heads(4);
        config.head_dim = size_key(files.config, "head_dim", std::max<index_t>(1, config.hidden / config.heads));
    }

protected:
    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (!is_mixture(layer)) return ernie4_5::feed_forward(at, layer);
        const bool with_bias = biased().feed_forward;
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1536);
        const tensor<float> correction = tensors().matrix(at + "moe_statics.e_score_correction_bias", 1, sizes.experts);
        ffn::top_scores routing{.normalised = true,
                                .least_sum = float_key(json(), "moe_norm_min", 1e-12),
                                .correction = tensor<float, 1>({sizes.experts})};
        std::copy_n(correction.data(), sizes.experts, routing.correction.data());
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             std::move(routing), [&](index_t e) { return expert(at, e, width, with_bias); });
        const index_t shared =
            checked_size(json().get_or("moe_num_shared_experts", std::int64_t(2)), "moe_num_shared_experts", 0);
        if (shared > 0) m.shared = gated(at + "shared_experts.", width * shared, with_bias);
        return m;
    }

private:
    bool is_mixture(index_t layer) const {
        const index_t last = json().get_or("moe_layer_end_index", std::int64_t(-1));
        return (layer + 1) % size_key(json(), "moe_layer_interval", 1) == 0 &&
               layer >= json().get_or("moe_layer_start_index", std::int64_t(1)) &&
               layer <= (last < 0 ? config.layers - 1 : last);
    }
};

}
