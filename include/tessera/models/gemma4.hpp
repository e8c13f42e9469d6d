// Gemma 4: layers without a window have heads of another size, and their keys may be their values; an input of each
// layer's own, keys of earlier layers, and experts beside the feed-forward where the file says so.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tessera/model/key_valued_attention.hpp"
#include "tessera/model/mixer_sum.hpp"
#include "tessera/model/normed_experts.hpp"
#include "tessera/models/experts.hpp"
#include "tessera/models/per_layer_gemma.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gemma4 : per_layer_gemma {
    static constexpr std::string_view model_types[] = {"gemma4_text", "gemma4"};

    explicit gemma4(const checkpoint& files, const load_options& options = {})
        : per_layer_gemma(text_part(files), options, {.pattern = 6, .shared = 0}) {
        config.windows.back() = 0;  // whatever the file says
        config.logit_softcap = softcap_key(json(), "final_logit_softcapping", 0);
        // Other values are about pictures.
        if (json().get_or("use_bidirectional_attention", "") == "all")
            require_option(json(), "use_bidirectional_attention", "vision");
    }

protected:
    // Two spellings; the older one is of all layers without a window.
    head_sizes sizes(index_t layer) const override {
        if (const io::json* listed = present(json(), "per_layer_config"); listed != nullptr)
            return sizes_of(layer, present(*listed, std::to_string(layer)), "head_dim", "num_key_value_heads");
        if (config.window(layer) > 0) return per_layer_gemma::sizes(layer);
        const std::string_view key_heads = keys_are_values() ? "num_global_key_value_heads" : "";
        head_sizes s = sizes_of(layer, &json(), "global_head_dim", key_heads);
        if (!json().has("global_head_dim")) s.dim = 512;
        return s;
    }

    std::vector<position::rope_options> ropes() const override {
        return {rope_of(false, {.theta = 1e6, .kind = "full_attention"}),
                rope_of(true, {.theta = 1e4, .kind = "sliding_attention"})};
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (keys_of(i) != i || !keys_are_values() || config.window(i) > 0) return per_layer_gemma::mixer(at, i);
        return model::key_valued_attention{attention_without_values(at, i)};
    }

    // What comes last has the layer's factor on its sum.
    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        model::block b = per_layer_gemma::layer(i);
        if (json().get_or("enable_moe_block", false)) b.sublayers.back() = with_experts(at, i);
        if (has_layer_input())
            b.sublayers.push_back(
                {.mixer = layer_input(at), .after = norm(at + "post_per_layer_input_norm", config.hidden)});
        b.sublayers.back().factor = b.sublayers.back().keep = tensors().scalar(at + "layer_scalar");
        return b;
    }

    // Twice as wide where keys are another layer's, if the file says so.
    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        const bool twice = json().get_or("use_double_wide_mlp", false) && keys_of(layer) != layer;
        return gated(at, twice ? 2 * config.feed_forward : config.feed_forward);
    }

private:
    bool keys_are_values() const { return json().get_or("attention_k_eq_v", false); }

    // As an object says it, or as all layers have it.
    head_sizes sizes_of(index_t layer, const io::json* said, std::string_view dim, std::string_view key_heads) const {
        head_sizes s = per_layer_gemma::sizes(layer);
        if (said == nullptr) return s;
        s.dim = size_key(*said, dim, s.dim);
        if (!key_heads.empty()) s.key = size_key(*said, key_heads, s.key);
        if (config.heads % s.key != 0)
            throw error(errc::format, "query heads cannot share key heads evenly",
                        {.subject = "layer " + std::to_string(layer),
                         .expected = "a divisor of " + std::to_string(config.heads),
                         .found = std::to_string(s.key)});
        return s;
    }

    // Of the layers with a window, or of those without; a model may have no layer of a kind.
    position::rope_options rope_of(bool within_window, const rope_defaults& assumed) const {
        model::decoder_config c = config;
        for (index_t i = 0; i < config.layers; ++i)
            if ((config.window(i) > 0) == within_window) c.head_dim = sizes(i).dim;
        position::rope_options o = rope_options(json(), c, assumed);
        if (!within_window && rope_object(json(), assumed) == nullptr) set_proportion(o, c.head_dim, 0.25);
        return o;
    }

    // norm(norm(feed_forward(norm(x))) + norm(experts(x)))
    model::residual with_experts(const std::string& at, index_t i) const {
        const index_t hidden = config.hidden;
        model::mixer_sum sum;
        sum.kind = "feed_forward";
        sum.terms.push_back({.mixer = feed_forward(at + names().feed_forward, i),
                             .before = norm(at + names().feed_forward_norm, hidden),
                             .after = norm(at + "post_feedforward_layernorm_1", hidden)});
        sum.terms.push_back({.mixer = experts(at), .after = norm(at + "post_feedforward_layernorm_2", hidden)});
        return {.mixer = std::move(sum), .after = norm(at + names().norm_after_feed_forward, hidden)};
    }

    model::normed_experts experts(const std::string& at) const {
        const index_t width = size_key(json(), "moe_intermediate_size"), hidden = config.hidden;
        const index_t count = checked_size(json().get<std::int64_t>("num_experts"), "num_experts", 1, 1 << 16);
        const index_t chosen = checked_size(json().get<std::int64_t>("top_k_experts"), "top_k_experts", 1, count);
        ffn::weighed_scores routing{};
        routing.scores.normalised = true;
        routing.factors = tensors().vector(at + "router.per_expert_scale", count);
        return {.of_router = norm_of_router(at),
                .of_experts = norm(at + "pre_feedforward_layernorm_2", hidden),
                .inner = mixture({count, chosen}, tensors().affine(at + "router.proj", count, hidden, false),
                                 std::move(routing), [&](index_t e) {
                                     return expert_of(at + "experts.", {e, count}, width);
                                 })};
    }

    norm::any norm_of_router(const std::string& at) const {
        norm::rms n{.weight = tensors().vector(at + "router.scale", config.hidden), .epsilon = config.epsilon};
        for (float& w : n.weight.flat()) w /= std::sqrt(static_cast<float>(config.hidden));
        return n;
    }

    ffn::gated expert_of(const std::string& at, const weights::place& e, index_t width) const {
        const auto in = [&](range rows) {
            return tensors().bare_slice(at + "gate_up_proj", e, rows, 2 * width, config.hidden);
        };
        return {in({0, width}), in({width, 2 * width}),
                tensors().bare_slice(at + "down_proj", e, {0, config.hidden}, config.hidden, width),
                ops::activation_from(config.activation)};
    }
};

}
