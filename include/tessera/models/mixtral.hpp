// Mixtral: Mistral with a mixture of experts in each layer; and Phi-3.5-MoE, which stores its experts alike.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct mixtral : llama {
    static constexpr std::string_view model_types[] = {"mixtral"};

    explicit mixtral(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        if (present(files.config, "sliding_window") == nullptr) return;
        config.windows = windows_of(files.config, config.layers, size_key(files.config, "sliding_window"),
                                    [](index_t) { return true; });
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 1e6}; }
    virtual ffn::any_routing routing() const { return ffn::top_scores{.normalised = true}; }

    model::any_mixer feed_forward(const std::string&, index_t layer) const override {
        const std::string at = layer_name(layer) + "block_sparse_moe.";
        const mixture_sizes sizes = mixture_of(json());
        return mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false), routing(),
                       [&](index_t e) { return numbered_expert(tensors(), at, e, config.feed_forward, config); });
    }
};

// Layer norms with biases, and a way of its own to weigh the experts.
struct phimoe : mixtral {
    static constexpr std::string_view model_types[] = {"phimoe"};
    using mixtral::mixtral;

protected:
    ffn::any_routing routing() const override {
        return ffn::sparse_mixer{float_key(json(), "router_jitter_noise", 0.01)};
    }

    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    gemm::affine head() const override {
        gemm::affine h = mixtral::head();
        if (json().get_or("lm_head_bias", false)) h.b = tensors().vector("lm_head.bias", config.vocabulary);
        return h;
    }

    // Its scaled positions come with factors on cos and sin of their own, one for short and one for long contexts.
    std::vector<position::rope_options> ropes() const override {
        std::vector<position::rope_options> all = mixtral::ropes();
        const io::json* rope = rope_object(json(), {});
        if (rope != nullptr && all[0].scaling != position::rope_scaling::none)
            all[0].attention_factor =
                rope->get<double>(all[0].planned_length > all[0].original_length ? "long_mscale" : "short_mscale");
        return all;
    }
};

}
