// A GGUF file seen as a Hugging Face checkpoint: its metadata as config.json spells it, its tensors under those names.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/gguf.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/source.hpp"
#include "tessera/models/gguf_names.hpp"

namespace tessera::inline TESSERA_ABI::models {

class gguf_files {
public:
    explicit gguf_files(io::gguf file)
        : file_(std::move(file)),
          arch_(file_.metadata().get<std::string>("general.architecture")),
          norms_after_(arch_ == "gemma2" || arch_ == "gemma3" || arch_ == "olmo2") {}

    const quant::stored_tensor* find(std::string_view name) const {
        const std::string there = gguf_name(name, norms_after_);
        return file_.find(there.empty() ? name : std::string_view(there));
    }
    std::span<const std::string> names() const { return file_.names(); }
    io::tensor_info describe(std::string_view name) const { return file_.describe(name); }
    std::string file_of(std::string_view name) const { return file_.file_of(name); }

    io::json generation() const {
        const io::json* end = file_.metadata().find("tokenizer.ggml.eos_token_id");
        return end == nullptr ? io::json(io::json::object{}) : io::json(io::json::object{{"eos_token_id", *end}});
    }

    // The configuration under the keys of config.json, as far as the families here read them.
    io::json config() const {
        std::vector<io::json::member> c;
        add_sizes(c);
        add_biases(c);
        add_attention(c);
        if (arch_ == "gemma3") {
            const io::json* local = key("rope.freq_base_swa");
            const io::json sliding = io::json::object{{"rope_theta", local != nullptr ? *local : io::json(1e4)}};
            c.push_back(
                {"rope_parameters", io::json::object{{"full_attention", rope()}, {"sliding_attention", sliding}}});
        } else {
            c.push_back({"rope_parameters", rope()});
        }
        if (arch_ == "gpt2") add_gpt2(c);
        return io::json(io::json::object(std::move(c)));
    }

private:
    using members = std::vector<io::json::member>;

    const io::json* key(std::string_view name) const { return file_.metadata().find(arch_ + "." + std::string(name)); }
    bool has(std::string_view tensor) const { return file_.find(tensor) != nullptr; }

    // A size that must be the same in all layers.
    io::json size(std::string_view name) const {
        const io::json& value = file_.metadata().at(arch_ + "." + std::string(name));
        if (!value.is_array()) return value;
        for (const io::json& v : value.as_array())
            if (!(v == value.at(0)))
                throw error(errc::unsupported, "sizes that differ between layers",
                            {.subject = arch_ + "." + std::string(name)});
        return value.at(0);
    }
    index_t head_dim() const {
        const io::json* length = key("attention.key_length");
        if (length != nullptr) return length->as<index_t>("attention.key_length");
        const index_t heads = size("attention.head_count").as<index_t>("attention.head_count");
        return heads > 0 ? size("embedding_length").as<index_t>("embedding_length") / heads : 0;
    }
    static void copy(members& to, const char* name, const io::json* value) {
        if (value != nullptr) to.push_back({name, *value});
    }

    void add_sizes(members& c) const {
        const quant::stored_tensor& embedding = io::require(file_, "token_embd.weight", -1, -1);
        c.push_back({"model_type", arch_ == "gemma3" ? "gemma3_text" : arch_});
        c.push_back({"vocab_size", embedding.extent(0)});
        c.push_back({"hidden_size", size("embedding_length")});
        c.push_back({"num_hidden_layers", size("block_count")});
        c.push_back({"num_attention_heads", size("attention.head_count")});
        const bool grouped = key("attention.head_count_kv") != nullptr;
        c.push_back({"num_key_value_heads", size(grouped ? "attention.head_count_kv" : "attention.head_count")});
        c.push_back({"head_dim", head_dim()});
        c.push_back({"intermediate_size", size("feed_forward_length")});
        c.push_back({"max_position_embeddings", size("context_length")});
        copy(c, "rms_norm_eps", key("attention.layer_norm_rms_epsilon"));
        copy(c, "layer_norm_eps", key("attention.layer_norm_epsilon"));
        c.push_back({"tie_word_embeddings", !has("output.weight")});
    }

    void add_biases(members& c) const {
        c.push_back({"attention_bias", has("blk.0.attn_output.bias")});
        c.push_back({"mlp_bias", has("blk.0.ffn_down.bias")});
        c.push_back({"use_qkv_bias", has("blk.0.attn_q.bias")});
        c.push_back({"qk_layernorm", has("blk.0.attn_q_norm.weight")});
        c.push_back({"use_parallel_residual", !has("blk.0.ffn_norm.weight")});
    }

    void add_attention(members& c) const {
        const io::json* window = key("attention.sliding_window");
        const bool slides = window != nullptr && window->as_int() > 0;
        if (slides || arch_ == "llama") c.push_back({"sliding_window", slides ? *window : io::json()});
        add_pattern(c);
        copy(c, "attn_logit_softcapping", key("attn_logit_softcapping"));
        copy(c, "final_logit_softcapping", key("final_logit_softcapping"));
        copy(c, "attention_multiplier", key("attention.scale"));
        copy(c, "embedding_multiplier", key("embedding_scale"));
        copy(c, "residual_multiplier", key("residual_scale"));
        copy(c, "logits_scaling", key("logit_scale"));
        if (arch_ == "gemma2" || arch_ == "gemma3") {
            // The converter leaves query_pre_attn_scalar out; the 27 B models alone do not use the head's size.
            const auto layers = size("block_count").as_int(), hidden = size("embedding_length").as_int();
            const bool largest = layers == (arch_ == "gemma2" ? 46 : 62);
            c.push_back(
                {"query_pre_attn_scalar", largest ? hidden / size("attention.head_count").as_int() : head_dim()});
        }
    }
    // A number of layers, or a truth for each of them.
    void add_pattern(members& c) const {
        const io::json* pattern = key("attention.sliding_window_pattern");
        if (pattern == nullptr) return;
        if (!pattern->is_array()) return c.push_back({"sliding_window_pattern", *pattern});
        io::json::array types;
        for (const io::json& slides : pattern->as_array())
            types.push_back(slides.as_bool("sliding_window_pattern") ? "sliding_attention" : "full_attention");
        c.push_back({"layer_types", types});
    }

    io::json rope() const {
        members r;
        const bool pairs = arch_ == "llama" || arch_ == "granite" || arch_ == "smollm3";
        r.push_back({"rope_interleaved", pairs});  // the converter permutes the rows of queries and keys
        r.push_back({"rope_theta", key("rope.freq_base") != nullptr ? *key("rope.freq_base") : io::json(1e4)});
        if (const io::json* dim = key("rope.dimension_count"); dim != nullptr)
            r.push_back({"partial_rotary_factor", dim->as_float() / static_cast<double>(head_dim())});
        const io::json* type = key("rope.scaling.type");
        copy(r, "rope_type", type);
        copy(r, "factor", key("rope.scaling.factor"));
        copy(r, "original_max_position_embeddings", key("rope.scaling.original_context_length"));
        copy(r, "beta_fast", key("rope.scaling.yarn_beta_fast"));
        copy(r, "beta_slow", key("rope.scaling.yarn_beta_slow"));
        copy(r, "attention_factor", key("rope.scaling.yarn_attn_factor"));
        copy(r, "attention_factor", key("rope.scaling.attn_factor"));
        if (has("rope_freqs.weight")) add_factors(r, "rope_freqs.weight", "rope_freqs.weight");
        if (has("rope_factors_long.weight")) add_factors(r, "rope_factors_short.weight", "rope_factors_long.weight");
        return io::json(io::json::object(std::move(r)));
    }

    // Divisors of the inverse frequencies, for short and for long contexts.
    void add_factors(members& r, const std::string& brief, const std::string& lengthy) const {
        r.push_back({"rope_type", "longrope"});
        r.push_back({"short_factor", numbers(brief)});
        r.push_back({"long_factor", numbers(lengthy)});
        if (key("rope.scaling.attn_factor") == nullptr) r.push_back({"attention_factor", 1.0});
    }
    io::json numbers(const std::string& name) const {
        const quant::stored_tensor& t = io::require(file_, name, -1);
        if (t.format != quant::storage::f32)
            throw error(errc::type, "wrong type",
                        {.subject = name, .expected = "f32", .found = std::string(quant::name_of(t.format))});
        io::json::array all;
        for (index_t i = 0; i < t.size(); ++i) {
            float x = 0;
            std::memcpy(&x, t.bytes.data() + std::size_t(i) * sizeof x, sizeof x);
            all.emplace_back(x);
        }
        return all;
    }

    void add_gpt2(members& c) const {
        c.push_back({"n_embd", size("embedding_length")});
        c.push_back({"n_layer", size("block_count")});
        c.push_back({"n_head", size("attention.head_count")});
        c.push_back({"n_positions", size("context_length")});
        c.push_back({"n_inner", size("feed_forward_length")});
        copy(c, "layer_norm_epsilon", key("attention.layer_norm_epsilon"));
    }

    io::gguf file_;
    std::string arch_;
    bool norms_after_;
};

}
