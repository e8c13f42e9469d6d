// Bamba and Falcon-H1: Mamba-2 in place of most layers' attention, and beside the attention of every layer.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tessera/model/mixer_sum.hpp"
#include "tessera/models/mamba2.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Whether a key lists this layer; nothing does when it is absent.
inline bool lists_layer(const io::json& config, std::string_view key, index_t layer) {
    if (present(config, key) == nullptr) return false;
    const auto all = config.get<std::vector<std::int64_t>>(key);
    return std::find(all.begin(), all.end(), layer) != all.end();
}

// Half of each head turns.
struct bamba : llama {
    static constexpr std::string_view model_types[] = {"bamba"};

    explicit bamba(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    std::string final_norm_name() const override { return "model.final_layernorm"; }
    layer_names names() const override {
        return {.feed_forward_norm = "pre_ff_layernorm", .feed_forward = "feed_forward."};
    }
    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (lists_layer(json(), "attn_layer_indices", i)) return attention(at, i);
        const index_t inner = size_key(json(), "mamba_expand", 2) * config.hidden;
        return mamba2_mixer(tensors(), layer_name(i) + "mamba.", mamba2_shape_of(json(), inner), config);
    }
};

// Factors nearly everywhere; the norm of the state space is left out, or comes before its gate.
struct falcon_h1 : bamba {
    static constexpr std::string_view model_types[] = {"falcon_h1"};

    explicit falcon_h1(const checkpoint& files, const load_options& options = {}) : bamba(files, options) {
        config.embedding_factor = float_key(files.config, "embedding_multiplier", 1.0);
        config.logit_factor = float_key(files.config, "lm_head_multiplier", 1.0);
    }

protected:
    rope_defaults rope_assumed() const override { return {}; }

    model::block layer(index_t i) const override {
        model::block b = bamba::layer(i);
        b.sublayers[1].factor = factors<2>("mlp_multipliers")[1];
        return b;
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        ffn::gated f = gated(at, config.feed_forward, biased().feed_forward);
        f.gate_factor = factors<2>("mlp_multipliers")[0];
        for (float& b : f.gate.b.flat()) b *= f.gate_factor;
        return f;
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        const io::json& c = json();
        model::mixer_sum sum;
        sum.kind = "attention beside a state space";
        sum.terms.push_back(
            {state_space(i), float_key(c, "ssm_in_multiplier", 1.0), float_key(c, "ssm_out_multiplier", 1.0)});
        sum.terms.push_back({attention(at, i), float_key(c, "attention_in_multiplier", 1.0),
                             float_key(c, "attention_out_multiplier", 1.0)});
        return sum;
    }

    // A factor of the keys is one of the scores.
    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = bamba::attention(at, i);
        a.heads.scale *= float_key(json(), "key_multiplier", 1.0);
        return a;
    }

private:
    model::mamba2 state_space(index_t i) const {
        const io::json& c = json();
        const index_t expanded = size_key(c, "mamba_expand", 2) * config.hidden;
        const bool null = c.has("mamba_d_ssm") && present(c, "mamba_d_ssm") == nullptr;
        mamba2_shape shape = mamba2_shape_of(c, null ? expanded : size_key(c, "mamba_d_ssm", 1024));
        shape.out_biased = c.get_or("projectors_bias", false);
        shape.normalised = c.get_or("mamba_rms_norm", false);
        shape.factors = factors<5>("ssm_multipliers");
        model::mamba2 m = mamba2_mixer(tensors(), layer_name(i) + "mamba.", shape, config);
        m.gate_first = !c.get_or("mamba_norm_before_gate", true);
        return m;
    }

    // Of a list of so many; ones when there is none.
    template <std::size_t N>
    std::array<float, N> factors(std::string_view key) const {
        std::array<float, N> all;
        all.fill(1.0f);
        if (present(json(), key) == nullptr) return all;
        const auto listed = json().get<std::vector<float>>(key);
        if (listed.size() != N)
            throw error(
                errc::format, "wrong length",
                {.subject = std::string(key), .expected = std::to_string(N), .found = std::to_string(listed.size())});
        std::copy(listed.begin(), listed.end(), all.begin());
        return all;
    }
};

}
