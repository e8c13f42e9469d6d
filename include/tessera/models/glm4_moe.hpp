// GLM-4.5 and Solar Open: after the first layers, experts that are chosen by corrected sigmoids, and shared ones.
#pragma once

#include "tessera/models/common_keys.hpp"
#include "tessera/models/dots1.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The modules that predict further tokens are left alone.
struct glm4_moe : dots1 {
    static constexpr std::string_view model_types[] = {"glm4_moe"};

    explicit glm4_moe(const checkpoint& files, const load_options& options = {}) : dots1(files, options) {
        assume_kv_heads(8);
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        config.windows.clear();
    }

protected:
    rope_defaults rope_assumed() const override { return {.fraction = 0.5}; }
    biases biased() const override { return {.qkv = json().get_or("attention_bias", false)}; }
    index_t dense_layers() const override { return json().get_or("first_k_dense_replace", std::int64_t(1)); }

    ffn::top_scores routing(const std::string& at, index_t experts) const override {
        return corrected_routing(json(), tensors(), at + "gate.", experts, true);
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return json().get_or("use_qk_norm", false) ? dots1::attention(at, i) : llama::attention(at, i);
    }
};

// Every layer is a mixture; heads turn whole and without norms.
struct solar_open : glm4_moe {
    static constexpr std::string_view model_types[] = {"solar_open"};

    explicit solar_open(const checkpoint& files, const load_options& options = {})
        : glm4_moe(with_common_keys(files, {{"moe_intermediate_size", "moe_intermediate_size", 1280},
                                            {"intermediate_size", "intermediate_size", 1}}),
                   options) {
        assume_head_dim(128);
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 1e6}; }
    index_t dense_layers() const override { return 0; }

    model::self_attention attention(const std::string& at, index_t i) const override { return llama::attention(at, i); }
};

}
