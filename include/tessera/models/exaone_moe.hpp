// K-EXAONE: EXAONE 4's attention after a norm as llama has it; after the first layers, experts chosen by corrected
// sigmoids, and shared ones.
#pragma once

#include "tessera/models/exaone4.hpp"
#include "tessera/models/experts.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The modules that predict further tokens are left alone.
struct exaone_moe : exaone4 {
    static constexpr std::string_view model_types[] = {"exaone_moe"};

    explicit exaone_moe(const checkpoint& files, const load_options& options = {}) : exaone4(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    layer_names names() const override { return {}; }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        if (!is_mixture(layer)) return exaone4::feed_forward(at, layer);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1024);
        ffn::top_scores routing =
            corrected_routing(json(), tensors(), tensors().has(at + own_name) ? at : at + "gate.", sizes.experts, true);
        routing.factor = float_key(json(), "routed_scaling_factor", 2.5);
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             std::move(routing), [&](index_t e) { return expert(at, e, width); });
        m.shared = gated(at + "shared_experts.", width * size_key(json(), "num_shared_experts", 1));
        return m;
    }

private:
    static constexpr const char* own_name = "e_score_correction_bias";

    bool is_mixture(index_t layer) const {
        if (const io::json* listed = present(json(), "mlp_layer_types"); listed != nullptr)
            return listed->at(layer).as_string("mlp_layer_types") == "sparse";
        return layer >= json().get_or("first_k_dense_replace", std::int64_t(1));
    }
};

}
