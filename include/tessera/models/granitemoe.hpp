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
        return mixture(sizes, tensors().affine(at + "router.layer", count, hidden, false),
                       ffn::top_scores{.normalised = true}, [&](index_t e) {
                           if (files().gguf) return expert(at, e, width);  // GGUF has gate and up apart
                           const auto in = [&](range rows) {
                               return tensors().slice(at + "input_linear", {e, count}, rows, 2 * width, hidden);
                           };
                           return ffn::gated{
                               in({0, width}), in({width, 2 * width}),
                               tensors().slice(at + "output_linear", {e, count}, {0, hidden}, hidden, width),
                               ops::activation_from(config.activation)};
                       });
    }
};

}
