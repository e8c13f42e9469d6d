// The metadata of a GGUF file as config.json spells it, as far as the families here read it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/gguf.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/source.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/models/gguf_tables.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Refers to a file that outlives it.
class gguf_config {
public:
    explicit gguf_config(const io::gguf& file)
        : file_(file), architecture_(file.metadata().get<std::string>("general.architecture")) {}

    const std::string& architecture() const { return architecture_; }

    // Mamba 2 has heads of its state alone, Mamba none.
    index_t heads() const {
        if (architecture_ == "mamba") return 1;
        const char* name = architecture_ == "mamba2" ? "ssm.time_step_rank" : "attention.head_count";
        return size(name).as<index_t>(name);
    }
    index_t kv_heads() const {
        constexpr const char* grouped = "attention.head_count_kv";
        return key(grouped) == nullptr ? heads() : size(grouped).as<index_t>(grouped);
    }
    index_t head_dim() const {
        const io::json* length = key("attention.key_length");
        if (length != nullptr) return length->as<index_t>("attention.key_length");
        const index_t count = heads();
        return count > 0 ? width().as<index_t>("embedding_length") / count : 0;
    }

    index_t query_rows() const { return checked_size(heads(), "attention.head_count") * key_size(); }
    index_t key_rows() const { return checked_size(kv_heads(), "attention.head_count_kv") * key_size(); }

    io::json read() const {
        members c;
        c.push_back({"model_type", model_type()});
        add_sizes(c);
        copy(c, gguf_keys);
        for (const told_by_tensors& option : gguf_options) c.push_back({std::string(option.key), is_told(option)});
        for (const renamed& option : gguf_layer_options) c.push_back({std::string(option.original), some(option.gguf)});
        add_windows(c);
        add_rope(c);
        add_family(c);
        return io::json(io::json::object(std::move(c)));
    }

private:
    using members = std::vector<io::json::member>;

    const io::json* key(std::string_view name) const {
        return file_.metadata().find(architecture_ + "." + std::string(name));
    }
    bool has(std::string_view tensor) const { return file_.find(tensor) != nullptr; }
    bool is_told(const told_by_tensors& option) const {
        return std::any_of(std::begin(option.any_of), std::end(option.any_of),
                           [&](std::string_view name) { return has(name); });
    }

    // Whether any layer has such a tensor.
    bool some(std::string_view ending) const {
        return std::ranges::any_of(file_.names(), [&](const std::string& name) { return name.ends_with(ending); });
    }

    // What heads share.
    const io::json& width() const {
        const io::json* inner = states_alone() ? key("ssm.inner_size") : nullptr;
        return inner != nullptr ? *inner : size("embedding_length");
    }

    index_t key_size() const { return checked_size(head_dim(), "attention.key_length"); }

    std::string model_type() const {
        if (architecture_ == "t5" && has("dec.blk.1.attn_rel_b.weight")) return "umt5";
        if (architecture_ == "deepseek2" && some(".exp_probs_b.bias")) return "deepseek_v3";
        for (const gguf_family& f : gguf_families) {
            if (f.architecture != architecture_) continue;
            const io::json* deciding = f.key.empty() ? nullptr : key(f.key);
            if (f.key.empty() || (deciding != nullptr && holds(*deciding, f.key))) return std::string(f.model_type);
        }
        return architecture_;
    }

    static bool holds(const io::json& value, std::string_view name) {
        return value.is_bool() ? value.as_bool(name) : value.as_float(name) > 0;
    }

    bool states_alone() const { return architecture_ == "mamba" || architecture_ == "mamba2"; }
    bool mixed() const { return std::ranges::find(mixed_layers, architecture_) != std::end(mixed_layers); }

    // A size that must be the same in all layers, or in those that have any.
    const io::json& size(std::string_view name) const {
        const std::string whole = architecture_ + "." + std::string(name);
        const io::json& value = file_.metadata().at(whole);
        if (!value.is_array()) return value;
        const io::json* found = &value.at(0);
        for (const io::json& v : value.as_array()) {
            if (mixed() && v.as_int(whole) == 0) continue;
            if (mixed() && found->as_int(whole) == 0) found = &v;
            if (!(v == *found)) throw error(errc::unsupported, "sizes that differ between layers", {.subject = whole});
        }
        return *found;
    }

    // Without the modules that predict further tokens, which the converter counts too.
    index_t layers() const {
        const io::json* further = key("nextn_predict_layers");
        const index_t all = checked_size(size("block_count").as<index_t>("block_count"), "block_count");
        return further == nullptr
                   ? all
                   : all - checked_size(further->as<index_t>("nextn_predict_layers"), "nextn_predict_layers", 0);
    }

    // Only Gemma 3n may have a list; models of state spaces alone have none of their own.
    io::json feed_forward() const {
        if (states_alone()) return width();
        const io::json* value = key("feed_forward_length");
        return architecture_ == "gemma3n" && value != nullptr ? *value : size("feed_forward_length");
    }

    template <std::size_t N>
    void copy(members& to, const renamed (&names)[N]) const {
        for (const renamed& r : names)
            if (const io::json* value = key(r.gguf); value != nullptr) to.push_back({std::string(r.original), *value});
    }

    void add_sizes(members& c) const {
        const quant::stored_tensor& embedding = io::require(file_, "token_embd.weight", -1, -1);
        c.push_back({"vocab_size", embedding.extent(0)});
        c.push_back({"hidden_size", size("embedding_length")});
        c.push_back({"num_hidden_layers", layers()});
        c.push_back({"num_attention_heads", heads()});
        c.push_back({"num_key_value_heads", kv_heads()});
        c.push_back({"head_dim", head_dim()});
        c.push_back({"intermediate_size", feed_forward()});
        c.push_back({"max_position_embeddings", size("context_length")});
        c.push_back({"tie_word_embeddings", !has("output.weight")});
    }

    void add_windows(members& c) const {
        const io::json* window = key("attention.sliding_window");
        const bool slides = window != nullptr && window->as_int() > 0;
        c.push_back({"sliding_window", slides ? *window : io::json()});
        const io::json* pattern = key("attention.sliding_window_pattern");
        if (pattern == nullptr) return;
        // A number of layers, or a truth for each of them.
        if (!pattern->is_array()) return c.push_back({"sliding_window_pattern", *pattern});
        io::json::array types;
        for (const io::json& layer : pattern->as_array())
            types.push_back(layer.as_bool("sliding_window_pattern") ? "sliding_attention" : "full_attention");
        c.push_back({"layer_types", types});
    }

    // Gemma 3, 3n and OLMo 3 have a set of their own, never scaled, for layers with a window.
    void add_rope(members& c) const {
        const std::string type = model_type();
        if (type != "gemma3_text" && type != "gemma3n_text" && type != "olmo3")
            return c.push_back({"rope_parameters", rope()});
        const io::json* local = key("rope.freq_base_swa");
        if (local == nullptr && type == "olmo3") local = key("rope.freq_base");
        const io::json sliding = io::json::object{{"rope_theta", local != nullptr ? *local : io::json(1e4)}};
        c.push_back({"rope_parameters", io::json::object{{"full_attention", rope()}, {"sliding_attention", sliding}}});
    }

    io::json rope() const {
        members r;
        const bool neighbours = pairs_halves(architecture_) ||
                                std::ranges::find(rotates_neighbours, architecture_) != std::end(rotates_neighbours);
        r.push_back({"rope_interleaved", neighbours});
        r.push_back({"rope_theta", key("rope.freq_base") != nullptr ? *key("rope.freq_base") : io::json(1e4)});
        // The half keeps the product with the head's size from falling below the number.
        const io::json* dim = architecture_ == "deepseek2" ? nullptr : key("rope.dimension_count");  // of a part alone
        if (dim != nullptr)
            r.push_back({"partial_rotary_factor", (dim->as_float() + 0.5) / static_cast<double>(head_dim())});
        copy(r, gguf_rope_keys);
        if (key("rope.scaling.yarn_log_multiplier") != nullptr) r.push_back({"mscale", 1.0});
        if (architecture_ == "deepseek2") add_latent_scales(r);
        if (has("rope_freqs.weight")) add_factors(r, "rope_freqs.weight", "rope_freqs.weight");
        if (has("rope_factors_long.weight")) add_factors(r, "rope_factors_short.weight", "rope_factors_long.weight");
        return io::json(io::json::object(std::move(r)));
    }

    // For DeepSeek the converter writes a tenth, and llama.cpp has the two as one.
    void add_latent_scales(members& r) const {
        const io::json* tenth = key("rope.scaling.yarn_log_multiplier");
        if (tenth == nullptr) return;
        r.push_back({"mscale_all_dim", 10.0 * tenth->as_float()});
        r.push_back({"mscale", 10.0 * tenth->as_float()});
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

    // What an architecture means without saying so.
    void add_family(members& c) const {
        const io::json* parallel = key("use_parallel_residual");
        c.push_back(
            {"use_parallel_residual", parallel != nullptr ? *parallel : io::json(!has("blk.0.ffn_norm.weight"))});
        if (architecture_ == "gemma2" || architecture_ == "gemma3") add_gemma(c);
        if (architecture_ == "gemma3n") add_gemma3n(c);
        if (architecture_ == "qwen3moe") c.push_back({"norm_topk_prob", true});
        if (architecture_ == "falcon") add_falcon(c);
        if (architecture_ == "mpt") add_mpt(c);
        if (mixed()) add_kinds(c, architecture_ == "lfm2" ? "conv" : "linear_attention");
        if (architecture_ == "jamba") add_jamba(c);
        if (architecture_ == "falcon-h1" || architecture_ == "granitehybrid") add_heads_of_states(c);
        if (architecture_ == "granitehybrid") add_granite(c);
        if (architecture_ == "lfm2") c.push_back({"block_auto_adjust_ff_dim", false});
        if (architecture_ == "mamba2") c.push_back({"num_heads", heads()});
        if (architecture_ == "t5") add_t5(c);
        if (model_type() == "nemotron_h") add_nemotron(c);
        if (architecture_ == "deepseek2") add_deepseek(c);
        if (architecture_ == "afmoe") c.push_back({"mup_enabled", true});
    }

    // The converter leaves query_pre_attn_scalar out; the 27 B models alone do not use the head's size.
    void add_gemma(members& c) const {
        const auto layers = size("block_count").as_int(), hidden = size("embedding_length").as_int();
        const bool largest = layers == (architecture_ == "gemma2" ? 46 : 62);
        c.push_back({"query_pre_attn_scalar", largest ? hidden / std::max<index_t>(1, heads()) : head_dim()});
    }

    // The length of a key is that of the whole latent vector where the file has another for a head's.
    void add_deepseek(members& c) const {
        const io::json* whole = key("attention.key_length_mla");
        const io::json* low = key("attention.q_lora_rank");
        const io::json* groups = key("expert_group_count");
        const io::json* gating = key("expert_gating_func");
        constexpr int softmax = 1;
        if (model_type() == "deepseek_v2" && gating != nullptr && gating->as_int() != softmax)
            throw error(errc::unsupported, "experts cannot be chosen in this way",
                        {.subject = "deepseek2.expert_gating_func",
                         .expected = "1",
                         .found = std::to_string(gating->as_int())});
        const index_t length = whole != nullptr ? whole->as<index_t>("attention.key_length_mla") : head_dim();
        const index_t turning =
            checked_size(size("rope.dimension_count").as<index_t>("rope.dimension_count"), "rope.dimension_count");
        c.push_back({"qk_nope_head_dim", checked_size(length, "attention.key_length_mla") - turning});
        c.push_back({"q_lora_rank", low != nullptr ? *low : io::json()});
        c.push_back({"topk_method", groups != nullptr && groups->as_int() > 1 ? "group_limited_greedy" : "greedy"});
    }

    // What a layer is, its tensors tell.
    void add_nemotron(members& c) const {
        io::json::array kinds;
        for (index_t i = 0; i < layers(); ++i) {
            const auto own = [&](const char* tensor) { return has("blk." + std::to_string(i) + "." + tensor); };
            kinds.emplace_back(own("ssm_in.weight")         ? "mamba"
                               : own("attn_q.weight")       ? "attention"
                               : own("ffn_gate_inp.weight") ? "moe"
                                                            : "mlp");
        }
        c.push_back({"layers_block_type", std::move(kinds)});
        const auto inner = size("ssm.inner_size").as_int(), heads = size("ssm.time_step_rank").as_int();
        c.push_back({"mamba_head_dim", heads > 0 ? inner / heads : 0});
        c.push_back({"mlp_bias", some(".ffn_up.bias") || some(".ffn_up_shexp.bias")});
    }

    // Under its own names. llama.cpp knows two kinds of feed-forward.
    void add_t5(members& c) const {
        c.push_back({"d_model", size("embedding_length")});
        c.push_back({"num_layers", size("block_count")});
        c.push_back({"num_heads", heads()});
        c.push_back({"d_kv", head_dim()});
        c.push_back({"d_ff", feed_forward()});
        c.push_back({"feed_forward_proj", has("dec.blk.0.ffn_gate.weight") ? "gated-gelu" : "relu"});
    }

    // Layers whose heads number 0 have something else in place of attention.
    void add_kinds(members& c, const char* other) const {
        const std::string name = architecture_ + ".attention.head_count_kv";
        const io::json* counts = file_.metadata().find(name);
        if (counts == nullptr || !counts->is_array()) return;
        io::json::array kinds;
        for (const io::json& n : counts->as_array()) kinds.emplace_back(n.as_int(name) > 0 ? "full_attention" : other);
        c.push_back({"layer_types", std::move(kinds)});
    }

    // llama.cpp has the gate before the norm.
    void add_heads_of_states(members& c) const {
        const auto inner = size("ssm.inner_size").as_int(), heads = size("ssm.time_step_rank").as_int();
        c.push_back({"mamba_d_head", heads > 0 ? inner / heads : 0});
        c.push_back({"mamba_norm_before_gate", false});
    }

    void add_granite(members& c) const {
        const io::json* experts = key("expert_count");
        const io::json* rotates = key("rope.scaling.finetuned");
        c.push_back({"num_local_experts", experts != nullptr ? *experts : io::json(0)});
        if (rotates != nullptr && rotates->as_bool()) c.push_back({"position_embedding_type", "rope"});
    }

    void add_jamba(members& c) const {
        const auto inner = size("ssm.inner_size").as_int(), hidden = size("embedding_length").as_int();
        c.push_back({"mamba_expand", hidden > 0 ? inner / hidden : 0});
        add_period(c, "attn_layer", "attn_q.weight");
        add_period(c, "expert_layer", "ffn_gate_inp.weight");
    }

    // Every which layer has such a tensor, and the first that does.
    void add_period(members& c, const std::string& option, const std::string& tensor) const {
        std::vector<index_t> layers;
        const index_t all = checked_size(size("block_count").as<index_t>("block_count"), "block_count");
        for (index_t i = 0; i < all && layers.size() < 2; ++i)
            if (has("blk." + std::to_string(i) + "." + tensor)) layers.push_back(i);
        c.push_back({option + "_offset", layers.empty() ? all : layers[0]});
        c.push_back({option + "_period", layers.size() < 2 ? all : layers[1] - layers[0]});
    }

    // How sparse the layers are is said in standard deviations from the mean.
    void add_gemma3n(members& c) const {
        const auto rows = [&](const char* tensor) { return io::require(file_, tensor, -1, -1).extent(0); };
        c.push_back({"vocab_size_per_layer_input", rows("per_layer_token_embd.weight")});
        c.push_back({"laurel_rank", rows("blk.0.laurel_l.weight")});
        const io::json* deviations = key("activation_sparsity_scale");
        if (deviations == nullptr) return;
        io::json::array sparsity;
        for (const io::json& x : deviations->as_array())
            sparsity.emplace_back(0.5 * std::erfc(-x.as_float() / std::numbers::sqrt2));
        c.push_back({"activation_sparsity_pattern", std::move(sparsity)});
    }

    void add_falcon(members& c) const {
        const bool two_norms = has("blk.0.attn_norm_2.weight");
        c.push_back({"new_decoder_architecture", two_norms || kv_heads() > 1});
        c.push_back({"num_kv_heads", kv_heads()});
        c.push_back({"num_ln_in_parallel_attn", two_norms ? 2 : 1});
    }

    void add_mpt(members& c) const {
        const io::json* steepest = key("attention.max_alibi_bias");
        const io::json* clip = key("attention.clamp_kqv");
        const double most = steepest != nullptr ? steepest->as_float() : 0.0;
        members attention{{"alibi", most > 0.0}, {"qk_ln", has("blk.0.attn_q_norm.weight")}};
        if (most > 0.0) attention.push_back({"alibi_bias_max", most});
        if (clip != nullptr) attention.push_back({"clip_qkv", *clip});
        c.push_back({"attn_config", io::json::object(std::move(attention))});
        c.push_back({"no_bias", !has("blk.0.attn_norm.bias") && !has("blk.0.attn_qkv.bias")});
    }

    const io::gguf& file_;
    std::string architecture_;
};

}
