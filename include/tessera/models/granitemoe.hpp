// Granite with a mixture of experts in each layer, all experts of a layer in one tensor.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct granitemoe : granite {
    static constexpr std::string_view model_types[] = {"granitemoe"};
    using granite::granite;

protected:
    model::any_mixer feed_forward(const std::string&, index_t layer) const override { return experts_of(layer); }

    ffn::moe experts_of(index_t layer) const {
        const std::string at = layer_name(layer) + "block_sparse_moe.";
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = config.feed_forward, hidden = config.hidden, count = sizes.experts;
        const expert_names names = names_of_experts(at);
        return mixture(sizes, tensors().affine(names.router, count, hidden, false), ffn::top_scores{.normalised = true},
                       [&](index_t e) {
                           if (files().gguf) return expert(at, e, width);  // GGUF has gate and up apart
                           const auto in = [&](range rows) {
                               return tensors().bare_slice(names.in, {e, count}, rows, 2 * width, hidden);
                           };
                           return ffn::gated{in({0, width}), in({width, 2 * width}),
                                             tensors().bare_slice(names.out, {e, count}, {0, hidden}, hidden, width),
                                             ops::activation_from(config.activation)};
                       });
    }

    struct expert_names {
        std::string router, in, out;
    };
    // Two spellings.
    expert_names names_of_experts(const std::string& at) const {
        if (tensors().has(at + "experts.gate_up_proj"))
            return {at + "router", at + "experts.gate_up_proj", at + "experts.down_proj"};
        return {at + "router.layer", at + "input_linear.weight", at + "output_linear.weight"};
    }

    // A feed-forward for every row.
    ffn::gated shared(index_t layer, index_t width) const {
        const bool alone = json().get_or("num_local_experts", std::int64_t(8)) == 0;
        if (files().gguf) return gated(layer_name(layer) + (alone ? "mlp." : "mlp.shared_mlp."), width);
        const std::string at = layer_name(layer) + "shared_mlp.";
        return {tensors().part(at + "input_linear", {0, width}, 2 * width, config.hidden, false),
                tensors().part(at + "input_linear", {width, 2 * width}, 2 * width, config.hidden, false),
                tensors().affine(at + "output_linear", config.hidden, width, false),
                ops::activation_from(config.activation)};
    }
};

// With a shared feed-forward beside the experts, unless its width is 0.
struct granitemoeshared : granitemoe {
    static constexpr std::string_view model_types[] = {"granitemoeshared"};
    using granitemoe::granitemoe;

protected:
    model::any_mixer feed_forward(const std::string&, index_t layer) const override {
        ffn::moe m = experts_of(layer);
        if (json().get_or("shared_intermediate_size", std::int64_t(0)) != 0)
            m.shared = shared(layer, size_key(json(), "shared_intermediate_size"));
        return m;
    }
};

}
