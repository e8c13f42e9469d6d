// Qwen2-MoE and Qwen3-MoE: mixtures of experts in some or all layers, with or without one that every row goes to.
#pragma once

#include <algorithm>

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The mixture of `at`, its experts named as those of Qwen are.
class qwen_mixture {
public:
    // normalised: whether a row's weights sum to one where the file does not say.
    explicit qwen_mixture(const io::json& config, bool normalised = false) : config_(config), normalised_(normalised) {}

    // A layer is a mixture unless it is listed, or left out by the step.
    bool serves(index_t layer) const {
        if (const io::json* listed = present(config_, "mlp_only_layers"); listed != nullptr)
            for (const io::json& i : listed->as_array("mlp_only_layers"))
                if (i.as_int("mlp_only_layers") == layer) return false;
        return config_.get_or("num_experts", std::int64_t(1)) > 0 &&
               (layer + 1) % size_key(config_, "decoder_sparse_step", 1) == 0;
    }
    index_t width() const { return size_key(config_, "moe_intermediate_size"); }

    // expert(number) loads one.
    template <class Expert>
    ffn::moe load(const weights& tensors, const std::string& at, index_t hidden, Expert expert) const {
        const mixture_sizes sizes = mixture_of(config_);
        return mixture(sizes, tensors.affine(at + "gate", sizes.experts, hidden, false),
                       ffn::top_scores{.normalised = config_.get_or("norm_topk_prob", normalised_)}, std::move(expert));
    }

private:
    const io::json& config_;
    bool normalised_;
};

struct qwen2_moe : qwen2 {
    static constexpr std::string_view model_types[] = {"qwen2_moe"};

    explicit qwen2_moe(const checkpoint& files, const load_options& options = {}) : qwen2(files, options) {
        assume_kv_heads(16);
        if (!files.config.get_or("use_sliding_window", false)) return;
        const index_t last = files.config.get_or("max_window_layers", std::int64_t(28));
        config.windows = windows_of(files.config, config.layers, size_key(files.config, "sliding_window", 4096),
                                    [last](index_t i) { return i % 2 == 0 && i < last; });
    }

protected:
    biases biased() const override { return {.qkv = json().get_or("qkv_bias", true)}; }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        return feed_forward_or_mixture(at, layer, qwen_mixture(json()), 5632);
    }

    // shared_width: of the shared expert where the file does not say.
    model::any_mixer feed_forward_or_mixture(const std::string& at, index_t layer, const qwen_mixture& experts,
                                             index_t shared_width) const {
        if (!experts.serves(layer)) return qwen2::feed_forward(at, layer);
        ffn::moe m =
            experts.load(tensors(), at, config.hidden, [&](index_t e) { return expert(at, e, experts.width()); });
        m.shared = gated(at + "shared_expert.", size_key(json(), "shared_expert_intermediate_size", shared_width));
        m.shared_gate = tensors().affine(at + "shared_expert_gate", 1, config.hidden, false);
        return m;
    }
};

struct qwen3_moe : qwen3 {
    static constexpr std::string_view model_types[] = {"qwen3_moe"};

    explicit qwen3_moe(const checkpoint& files, const load_options& options = {}) : qwen3(files, options) {
        assume_kv_heads(4);
        config.head_dim = size_key(files.config, "head_dim", std::max<index_t>(1, config.hidden / config.heads));
        if (files.config.get_or("use_sliding_window", false) && !config.windows.empty())
            config.windows.assign(std::size_t(config.layers), size_key(files.config, "sliding_window"));
    }

protected:
    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        const qwen_mixture experts(json());
        if (!experts.serves(layer)) return qwen3::feed_forward(at, layer);
        return experts.load(tensors(), at, config.hidden, [&](index_t e) { return expert(at, e, experts.width()); });
    }
};

}
