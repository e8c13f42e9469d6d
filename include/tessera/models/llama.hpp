// llama, and the families that differ from it by a key or two: mistral, qwen2, qwen3, smollm3, granite.
#pragma once

#include <limits>
#include <string_view>

#include "tessera/attention/causal.hpp"
#include "tessera/attention/window.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Causal attention, within the layer's window if it has one.
inline auto causal_scores(const model::decoder_config& c, index_t layer) {
    const auto size =
        c.window(layer) > 0 ? static_cast<std::int32_t>(c.window(layer)) : std::numeric_limits<std::int32_t>::max();
    return attention::causal{} & attention::window{size};
}

// 0, which is no window, when the key is null.
inline index_t window_key(const io::json& config, index_t when_absent) {
    if (!config.has("sliding_window")) return when_absent;
    return present(config, "sliding_window") == nullptr ? 0 : size_key(config, "sliding_window");
}

// Layers named "sliding_attention" in layer_types get the window; without layer_types, those for which slides(layer)
// holds.
template <class Slides>
std::vector<index_t> windows_of(const io::json& config, index_t layers, index_t window, Slides slides) {
    std::vector<index_t> windows(std::size_t(layers), 0);
    const io::json* types = present(config, "layer_types");
    if (types != nullptr) check_length(types->size(), layers, "layer_types");
    for (index_t i = 0; i < layers; ++i) {
        const bool sliding =
            types != nullptr ? types->at(i).as_string("layer_types") == "sliding_attention" : slides(i);
        if (sliding) windows[std::size_t(i)] = window;
    }
    return windows;
}

struct llama : decoder_recipe {
    static constexpr std::string_view model_types[] = {"llama"};
    using decoder_recipe::decoder_recipe;

    static auto scores(const model::decoder_config& c, index_t layer) { return causal_scores(c, layer); }
};

// Every layer has the same window, 4096 when the key is absent, none when it is null; ministral may list layers.
struct mistral : llama {
    static constexpr std::string_view model_types[] = {"mistral", "ministral"};

    explicit mistral(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(8);
        config.windows =
            windows_of(files.config, config.layers, window_key(files.config, 4096), [](index_t) { return true; });
    }
};

// From layer max_window_layers on attention is within a window, if use_sliding_window says so.
inline std::vector<index_t> later_windows(const io::json& config, index_t layers) {
    if (!config.get_or("use_sliding_window", false) || present(config, "sliding_window") == nullptr) return {};
    const index_t first = config.get_or("max_window_layers", std::int64_t(28));
    return windows_of(config, layers, size_key(config, "sliding_window"), [first](index_t i) { return i >= first; });
}

// Biases on queries, keys and values; later layers may slide.
struct qwen2 : llama {
    static constexpr std::string_view model_types[] = {"qwen2"};

    explicit qwen2(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(32);
        config.windows = later_windows(files.config, config.layers);
    }

protected:
    biases biased() const override { return {.qkv = true}; }
};

// Queries and keys of each head are normalised before they are rotated.
struct qwen3 : llama {
    static constexpr std::string_view model_types[] = {"qwen3"};

    explicit qwen3(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(32);
        config.head_dim = size_key(files.config, "head_dim", 128);
        config.windows = later_windows(files.config, config.layers);
    }

protected:
    model::self_attention attention(const std::string& at, index_t i) const override {
        return with_head_norms(llama::attention(at, i), at + "q_norm", at + "k_norm");
    }
};

// Some layers have no rotary positions, and those may slide.
struct smollm3 : llama {
    static constexpr std::string_view model_types[] = {"smollm3"};

    explicit smollm3(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        assume_kv_heads(4);
        config.tied = files.config.get_or("tie_word_embeddings", true);
        if (!files.config.get_or("use_sliding_window", false) || present(files.config, "sliding_window") == nullptr)
            return;
        config.windows = windows_of(files.config, config.layers, size_key(files.config, "sliding_window"),
                                    [this](index_t i) { return rotary(i) < 0; });
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 2e6}; }
    index_t rotary(index_t i) const override {
        if (const io::json* listed = present(json(), "no_rope_layers"); listed != nullptr)
            return listed->at(i).as_int("no_rope_layers") != 0 ? 0 : -1;
        const index_t interval = size_key(json(), "no_rope_layer_interval", 4);
        return (i + 1) % interval != 0 ? 0 : -1;
    }
};

// Multipliers on embeddings, scores, residuals and logits.
struct granite : llama {
    static constexpr std::string_view model_types[] = {"granite"};

    explicit granite(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.embedding_factor = float_key(files.config, "embedding_multiplier", 1.0);
        config.attention_scale = float_key(files.config, "attention_multiplier", 1.0);
        config.residual_factor = float_key(files.config, "residual_multiplier", 1.0);
        config.logit_factor = 1.0f / float_key(files.config, "logits_scaling", 1.0);
    }
};

}
