// MiniMax-M2: Mixtral with full-width norms of queries and keys, part of each head rotated, and experts chosen by
// corrected sigmoids.
#pragma once

#include "tessera/models/mixtral.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct minimax_m2 : mixtral {
    static constexpr std::string_view model_types[] = {"minimax_m2"};

    explicit minimax_m2(const checkpoint& files, const load_options& options = {}) : mixtral(files, options) {
        assume_head_dim(128);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-6);
        config.windows.clear();
    }

protected:
    rope_defaults rope_assumed() const override {
        const double turning = json().get_or("rotary_dim", double(config.head_dim));
        return {.theta = 5e6, .fraction = turning / double(config.head_dim)};
    }

    ffn::any_routing routing(const std::string& at, index_t experts) const override {
        return ffn::top_scores{.scores = ffn::sigmoid_scores{},
                               .normalised = true,
                               .correction = tensors().vector(at + "e_score_correction_bias", experts)};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = mixtral::attention(at, i);
        a.q_norm = norm(at + "q_norm", a.q.outputs());
        a.k_norm = norm(at + "k_norm", a.k.outputs());
        return a;
    }
};

}
