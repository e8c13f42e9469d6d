// dots.llm1: Qwen3's attention; after the first layers, experts that are chosen by corrected sigmoids, and shared ones.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct dots1 : qwen3 {
    static constexpr std::string_view model_types[] = {"dots1"};

    explicit dots1(const checkpoint& files, const load_options& options = {}) : qwen3(files, options) {
        const io::json& c = files.config;
        config.head_dim = size_key(c, "head_dim", std::max<index_t>(1, config.hidden / config.heads));
        config.windows.clear();
        if (c.has("sliding_window") && present(c, "sliding_window") == nullptr) return;
        const index_t first = c.get_or("max_window_layers", std::int64_t(62));
        config.windows = windows_of(c, config.layers, size_key(c, "sliding_window", 4096),
                                    [first](index_t i) { return i >= first; });
    }

protected:
    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (layer < dense_layers()) return qwen3::feed_forward(at, layer);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1408);
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             routing(at, sizes.experts), [&](index_t e) { return expert(at, e, width); });
        m.shared = gated(at + "shared_experts.", width * size_key(json(), "n_shared_experts", 1));
        return m;
    }

    // The first ones, which are no mixtures.
    virtual index_t dense_layers() const { return json().get_or("first_k_dense_replace", std::int64_t(0)); }

    virtual ffn::top_scores routing(const std::string& at, index_t experts) const {
        return corrected_routing(json(), tensors(), at + "gate.", experts, false);
    }
};

}
