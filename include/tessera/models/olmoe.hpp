// OLMoE and FlexOlmo: OLMo with a mixture of experts in each layer, before the sublayers normalised or after them.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/olmo2.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Of OLMo 2 its full-width norms of queries and keys, and experts instead of one feed-forward.
struct flex_olmo : olmo2 {
    static constexpr std::string_view model_types[] = {"flex_olmo"};

    explicit flex_olmo(const checkpoint& files, const load_options& options = {}) : olmo2(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-6);
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 5e5}; }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const mixture_sizes sizes = mixture_of(json());
        return mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                       ffn::top_scores{.normalised = json().get_or("norm_topk_prob", false)},
                       [&](index_t e) { return expert(at, e, config.feed_forward); });
    }
};

struct olmoe : flex_olmo {
    static constexpr std::string_view model_types[] = {"olmoe"};

    explicit olmoe(const checkpoint& files, const load_options& options = {}) : flex_olmo(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        if (present(files.config, "clip_qkv") != nullptr)
            throw error(errc::unsupported, "queries, keys and values cannot be clipped",
                        {.subject = "clip_qkv", .expected = "null"});
    }

protected:
    rope_defaults rope_assumed() const override { return {}; }
    layer_names names() const override { return {}; }
};

}
