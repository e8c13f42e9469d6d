// GPT-2 and its relatives with learned positions and layer norms: GPTBigCode (one key head for all), GPT-Neo (local
// layers).
#pragma once

#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Weights are stored transposed, with queries, keys and values in one.
struct gpt2 : llama {
    static constexpr std::string_view model_types[] = {"gpt2"};

    explicit gpt2(const checkpoint& files, const load_options& options = {})
        : llama(with_gpt2_keys(files), options),
          prefix_(files.weights.find("wte.weight") != nullptr ? "" : "transformer.") {
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.activation = files.config.get_or("activation_function", "gelu_new");
        config.tied = true;
        divide_width();
        // There is no position beyond the table.
        config.context = std::min(config.context, positions());
    }

protected:
    std::string embedding_name() const override { return prefix_ + "wte.weight"; }
    std::string layer_name(index_t i) const override { return prefix_ + "h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return prefix_ + "ln_f"; }
    layer_names names() const override {
        return {.attention_norm = "ln_1", .attention = "attn.", .feed_forward_norm = "ln_2"};
    }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    void embed(model::stack& parts) const override {
        llama::embed(parts);
        parts.positions = position::learned{tensors().matrix(prefix_ + "wpe.weight", positions(), config.hidden)};
    }

    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    model::self_attention attention(const std::string& at, index_t i) const override {
        const index_t n = config.hidden;
        model::self_attention a;
        a.heads = heads();
        a.heads.scale = scale(i);
        a.q = part(at + "c_attn", {0, n}, 3 * n, n);
        a.k = part(at + "c_attn", {n, 2 * n}, 3 * n, n);
        a.v = part(at + "c_attn", {2 * n, 3 * n}, 3 * n, n);
        a.out = part(at + "c_proj", {0, n}, n, n);
        return a;
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        const index_t n = config.hidden, width = config.feed_forward;
        return ffn::mlp{part(at + "c_fc", {0, width}, width, n), part(at + "c_proj", {0, n}, n, width),
                        ops::activation_from(config.activation)};
    }

private:
    index_t positions() const { return size_key(json(), "max_position_embeddings"); }

    // The Conv1D of the checkpoints is [inputs, outputs]; GGUF holds it the usual way round.
    gemm::affine part(const std::string& name, range outputs, index_t all, index_t inputs) const {
        return files().gguf ? tensors().part(name, outputs, all, inputs, true)
                            : tensors().transposed_part(name, outputs, all, inputs);
    }

    float scale(index_t i) const {
        const float by_dim =
            json().get_or("scale_attn_weights", true) ? 1.0f / std::sqrt(float(config.head_dim)) : 1.0f;
        return json().get_or("scale_attn_by_inverse_layer_idx", false) ? by_dim / float(i + 1) : by_dim;
    }

    static checkpoint with_gpt2_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "n_embd", size_key(files.config, "hidden_size", 768));
        return with_common_keys(files, {{"n_embd", "hidden_size", 768},
                                        {"n_layer", "num_hidden_layers", 12},
                                        {"n_head", "num_attention_heads", 12},
                                        {"n_positions", "max_position_embeddings", 1024},
                                        {"n_inner", "intermediate_size", 4 * hidden}});
    }

    std::string prefix_;
};

// Weights the usual way round; all query heads share one key head unless the file says otherwise.
struct gpt_bigcode : gpt2 {
    static constexpr std::string_view model_types[] = {"gpt_bigcode"};

    explicit gpt_bigcode(const checkpoint& files, const load_options& options = {}) : gpt2(files, options) {
        require_option(files.config, "add_cross_attention", false);
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.kv_heads = files.config.get_or("multi_query", true) ? 1 : config.heads;
        if (!files.config.get_or("scale_attn_weights", true)) config.attention_scale = 1.0f;
    }

protected:
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return grouped_attention(at + "c_attn", at + "c_proj", i);
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "c_fc", at + "c_proj", ops::activation_from(config.activation));
    }
};

// Scores are not scaled; "local" layers have a window.
struct gpt_neo : gpt2 {
    static constexpr std::string_view model_types[] = {"gpt_neo"};

    explicit gpt_neo(const checkpoint& files, const load_options& options = {}) : gpt2(with_neo_keys(files), options) {
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.attention_scale = 1.0f;
        const index_t window = size_key(files.config, "window_size", 256);
        for (const bool local : local_layers(files.config)) config.windows.push_back(local ? window : 0);
        if (index_t(config.windows.size()) != config.layers)
            throw error(errc::format, "wrong length",
                        {.subject = "attention_types",
                         .expected = std::to_string(config.layers),
                         .found = std::to_string(config.windows.size())});
    }

protected:
    layer_names names() const override {
        layer_names n = gpt2::names();
        n.attention = "attn.attention.";
        n.out = "out_proj";
        return n;
    }
    biases biased() const override { return {.out = true, .feed_forward = true}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return decoder_recipe::attention(at, i);
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "c_fc", at + "c_proj", ops::activation_from(config.activation));
    }

private:
    // attention_types: [[["global", "local"], 12]] means both in turn, twelve times.
    static std::vector<bool> local_layers(const io::json& config) {
        std::vector<bool> local;
        const io::json* types = present(config, "attention_types");
        if (types == nullptr) {
            for (index_t i = 0; i < 24; ++i) local.push_back(i % 2 == 1);
            return local;
        }
        for (const io::json& item : types->as_array("attention_types")) {
            const index_t times = checked_size(item.at(1).as_int("attention_types"), "attention_types", 0, 10000);
            for (index_t n = 0; n < times; ++n)
                for (const io::json& kind : item.at(0).as_array("attention_types"))
                    local.push_back(is_local(kind.as_string("attention_types")));
        }
        return local;
    }

    static bool is_local(const std::string& kind) {
        if (kind == "local" || kind == "global") return kind == "local";
        throw error(errc::unsupported, "no such kind of attention",
                    {.subject = "attention_types", .expected = "local or global", .found = kind});
    }

    static checkpoint with_neo_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "hidden_size", 2048);
        return with_common_keys(files, {{"hidden_size", "hidden_size", 2048},
                                        {"num_layers", "num_hidden_layers", 24},
                                        {"num_heads", "num_attention_heads", 16},
                                        {"max_position_embeddings", "max_position_embeddings", 2048},
                                        {"intermediate_size", "intermediate_size", 4 * hidden}});
    }
};

}
