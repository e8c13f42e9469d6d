// How a family is put together from its checkpoint: the stack of blocks that encoders and decoders share, and the head
// of a decoder. The defaults are llama's; a family overrides what differs.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tessera/ffn/moe.hpp"
#include "tessera/model/cross_attention.hpp"
#include "tessera/model/decoder_parts.hpp"
#include "tessera/model/self_attention.hpp"
#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/models/load_options.hpp"
#include "tessera/models/rope_config.hpp"
#include "tessera/models/weights.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Virtual functions, because loading is not hot; only scores(config, layer), which a family adds, decides the kernels.
class stack_recipe {
public:
    model::decoder_config config;

    explicit stack_recipe(const checkpoint& files, const load_options& options = {})
        : files_(files), weights_(files_.weights, files_.adapters), progress_(options.progress) {
        const io::json& c = files_.config;
        config.family = c.get<std::string>("model_type");
        config.vocabulary = size_key(c, "vocab_size");
        config.hidden = size_key(c, "hidden_size");
        config.layers = size_key(c, "num_hidden_layers");
        config.heads = size_key(c, "num_attention_heads");
        config.kv_heads = size_key(c, "num_key_value_heads", config.heads);
        config.head_dim = size_key(c, "head_dim", std::max<index_t>(1, config.hidden / config.heads));
        config.feed_forward = size_key(c, "intermediate_size");
        config.context = options.context > 0 ? checked_size(options.context, "context") : default_context(c);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-6);
        config.activation = c.get_or("hidden_act", "silu");
        if (files.adapters != nullptr) config.adapters = files.adapters->names();
    }
    virtual ~stack_recipe() = default;

protected:
    // Throws tessera::error for whatever is missing or does not fit; errc::cancelled when told to stop.
    void fill(model::stack& parts) const {
        if (config.heads % config.kv_heads != 0)
            throw error(errc::format, "query heads cannot share key heads evenly",
                        {.subject = "num_key_value_heads",
                         .expected = "a divisor of " + std::to_string(config.heads),
                         .found = std::to_string(config.kv_heads)});
        parts.config = config;
        parts.files = std::make_shared<io::any_source>(files_.weights);
        for (const position::rope_options& options : ropes()) parts.ropes.emplace_back(options);
        embed(parts);
        for (index_t i = 0; i < config.layers; ++i) {
            parts.layers.push_back(layer(i));
            report(progress_, i + 1, config.layers + 1);
        }
        parts.final_norm = final_norm();
    }
    void report_loaded() const { report(progress_, config.layers + 1, config.layers + 1); }

    const checkpoint& files() const { return files_; }
    const models::weights& tensors() const { return weights_; }
    const io::json& json() const { return files_.config; }

    // For families whose files may leave the key out and then do not mean one key head for each query head.
    void assume_kv_heads(index_t count) {
        if (!json().has("num_key_value_heads")) config.kv_heads = count;
    }

    // For families whose heads are as wide as this unless the file says otherwise; null means the width by head.
    void assume_head_dim(index_t width) {
        if (!json().has("head_dim")) config.head_dim = width;
    }

    // For families whose heads share the width evenly and have a key head each, whatever else the file says.
    void divide_width() {
        if (config.hidden % config.heads != 0)
            throw error(errc::format, "heads do not divide the width",
                        {.subject = "num_attention_heads",
                         .expected = "a divisor of " + std::to_string(config.hidden),
                         .found = std::to_string(config.heads)});
        config.head_dim = config.hidden / config.heads;
        config.kv_heads = config.heads;
    }

    virtual std::string embedding_name() const { return "model.embed_tokens.weight"; }
    virtual std::string layer_name(index_t i) const { return "model.layers." + std::to_string(i) + "."; }
    virtual std::string final_norm_name() const { return "model.norm"; }
    virtual index_t embedding_width() const { return config.hidden; }

    // Within a layer. Norms without a name are not there.
    struct layer_names {
        std::string attention_norm = "input_layernorm", attention = "self_attn.", norm_after_attention = {};
        std::string q = "q_proj", k = "k_proj", v = "v_proj", out = "o_proj";
        std::string feed_forward_norm = "post_attention_layernorm", feed_forward = "mlp.", norm_after_feed_forward = {};
    };
    virtual layer_names names() const { return {}; }

    virtual void embed(model::stack& parts) const {
        parts.tokens = weights_.named(embedding_name(), [&] {
            return embedding::table(weights_.stored(embedding_name(), config.vocabulary, embedding_width()));
        });
    }

    virtual norm::any final_norm() const { return norm(final_norm_name(), config.hidden); }

    virtual norm::any norm(const std::string& name, index_t width) const { return rms(name, width, 0.0f); }

    // The rotary tables of the model, and which of them a layer uses (-1: none).
    virtual std::vector<position::rope_options> ropes() const { return {rope_options(json(), config, rope_assumed())}; }
    virtual rope_defaults rope_assumed() const { return {}; }
    virtual index_t rotary(index_t /*layer*/) const { return 0; }

    // Which linear maps have a bias.
    struct biases {
        bool qkv = false, out = false, feed_forward = false, head = false;
    };
    virtual biases biased() const {
        const bool attention = json().get_or("attention_bias", false);
        return {.qkv = attention, .out = attention, .feed_forward = json().get_or("mlp_bias", false)};
    }

    virtual model::block layer(index_t i) const {
        const std::string at = layer_name(i);
        return {{{.before = norm_or_none(at, names().attention_norm),
                  .mixer = mixer(at + names().attention, i),
                  .after = norm_or_none(at, names().norm_after_attention),
                  .factor = config.residual_factor},
                 {.before = norm_or_none(at, names().feed_forward_norm),
                  .mixer = feed_forward(at + names().feed_forward, i),
                  .after = norm_or_none(at, names().norm_after_feed_forward),
                  .factor = config.residual_factor}}};
    }

    // Both sublayers read the same norm of the block's input.
    model::block parallel_layer(index_t i) const {
        const std::string at = layer_name(i), shared = at + names().attention_norm;
        return {{{.before = norm(shared, config.hidden), .mixer = mixer(at + names().attention, i)},
                 {.before = norm(shared, config.hidden), .mixer = feed_forward(at + names().feed_forward, i)}},
                true};
    }

    // The token mixer of a layer.
    virtual model::any_mixer mixer(const std::string& at, index_t i) const { return attention(at, i); }

    virtual model::self_attention attention(const std::string& at, index_t i) const {
        model::self_attention a;
        a.heads = heads();
        const index_t q = config.heads * config.head_dim, kv = config.kv_heads * config.head_dim;
        a.q = weights_.affine(at + names().q, q, config.hidden, biased().qkv);
        a.k = weights_.affine(at + names().k, kv, config.hidden, biased().qkv);
        a.v = weights_.affine(at + names().v, kv, config.hidden, biased().qkv);
        a.out = weights_.affine(at + names().out, config.hidden, q, biased().out);
        a.rotary = rotary(i);
        return a;
    }

    // With a norm of every query head and of every key head.
    model::self_attention with_head_norms(model::self_attention a, const std::string& q, const std::string& k) const {
        a.q_norm = norm(q, config.head_dim);
        a.k_norm = norm(k, config.head_dim);
        return a;
    }

    // Queries, keys and values in one tensor, one after the other.
    model::self_attention joined_attention(const std::string& qkv, const std::string& out, index_t i) const {
        const index_t q = config.heads * config.head_dim, kv = config.kv_heads * config.head_dim, all = q + 2 * kv;
        model::self_attention a;
        a.heads = heads();
        a.q = weights_.part(qkv, {0, q}, all, config.hidden, biased().qkv);
        a.k = weights_.part(qkv, {q, q + kv}, all, config.hidden, biased().qkv);
        a.v = weights_.part(qkv, {q + kv, all}, all, config.hidden, biased().qkv);
        a.out = weights_.affine(out, config.hidden, q, biased().out);
        a.rotary = rotary(i);
        return a;
    }

    // Queries of the decoder's rows, keys and values of the encoder's.
    model::cross_attention cross_attention(const std::string& at) const {
        const index_t q = config.heads * config.head_dim, kv = config.kv_heads * config.head_dim;
        return {.heads = heads(),
                .q = weights_.affine(at + names().q, q, config.hidden, biased().qkv),
                .k = weights_.affine(at + names().k, kv, config.hidden, biased().qkv),
                .v = weights_.affine(at + names().v, kv, config.hidden, biased().qkv),
                .out = weights_.affine(at + names().out, config.hidden, q, biased().out)};
    }

    // Queries, keys and values in one tensor: for each key head the query heads that share it, the key's, the value's.
    model::self_attention grouped_attention(const std::string& qkv, const std::string& out, index_t i) const {
        const index_t groups = config.kv_heads, shared = config.heads / groups, block = shared + 2;
        model::self_attention a;
        a.heads = heads();
        a.q = heads_of(qkv, groups, block, {0, shared});
        a.k = heads_of(qkv, groups, block, {shared, shared + 1});
        a.v = heads_of(qkv, groups, block, {shared + 1, block});
        a.out = weights_.affine(out, config.hidden, config.heads * config.head_dim, biased().out);
        a.rotary = rotary(i);
        return a;
    }

    // Out of a tensor of `groups` blocks of `block` heads, some heads of every block.
    gemm::affine heads_of(const std::string& name, index_t groups, index_t block, range some) const {
        std::vector<index_t> order;
        for (index_t g = 0; g < groups; ++g)
            for (index_t row = some.begin * config.head_dim; row < some.end * config.head_dim; ++row)
                order.push_back(g * block * config.head_dim + row);
        return weights_.rows(name, order, groups * block * config.head_dim, config.hidden, biased().qkv);
    }

    virtual model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const {
        return gated(at, config.feed_forward, biased().feed_forward);
    }
    ffn::gated gated(const std::string& at, index_t width, bool with_bias = false) const {
        return {weights_.affine(at + "gate_proj", width, config.hidden, with_bias),
                weights_.affine(at + "up_proj", width, config.hidden, with_bias),
                weights_.affine(at + "down_proj", config.hidden, width, with_bias),
                ops::activation_from(config.activation)};
    }

    // One of those at at + "experts.0.", at + "experts.1." and so on.
    ffn::gated expert(const std::string& at, index_t number, index_t width, bool with_bias = false) const {
        return gated(at + "experts." + std::to_string(number) + ".", width, with_bias);
    }

    // gate_up_proj holds the rows of the gate, then those of up.
    ffn::gated fused_feed_forward(const std::string& at) const {
        const index_t width = config.feed_forward;
        return {weights_.part(at + "gate_up_proj", {0, width}, 2 * width, config.hidden, false),
                weights_.part(at + "gate_up_proj", {width, 2 * width}, 2 * width, config.hidden, false),
                weights_.affine(at + "down_proj", config.hidden, width, false),
                ops::activation_from(config.activation)};
    }

    // Without a gate.
    ffn::mlp plain_feed_forward(const std::string& up, const std::string& down,
                                const ops::any_activation& activation) const {
        const bool with_bias = biased().feed_forward;
        return ffn::mlp{weights_.affine(up, config.feed_forward, config.hidden, with_bias),
                        weights_.affine(down, config.hidden, config.feed_forward, with_bias), activation};
    }

    attention::heads heads() const {
        const float scale = config.attention_scale != 0.0f ? config.attention_scale
                                                           : 1.0f / std::sqrt(static_cast<float>(config.head_dim));
        return {.query = config.heads,
                .key = config.kv_heads,
                .key_dim = config.head_dim,
                .value_dim = config.head_dim,
                .scale = scale};
    }

    norm::any norm_or_none(const std::string& at, const std::string& name) const {
        return name.empty() ? norm::identity{} : norm(at + name, config.hidden);
    }

    norm::any rms(const std::string& name, index_t width, float offset) const {
        return norm::rms{weights_.vector(name + ".weight", width), config.epsilon, offset};
    }

    norm::any layer_norm(const std::string& name, index_t width) const {
        return norm::layer{weights_.vector(name + ".weight", width), weights_.vector(name + ".bias", width),
                           config.epsilon};
    }

private:
    checkpoint files_;
    models::weights weights_;
    progress_ref progress_;
};

// The token ids that a key of generation_config.json gives, else of config.json: a number, a list, or nothing.
inline std::vector<token_t> token_ids(const checkpoint& files, std::string_view key) {
    return ids_key(present(files.generation, key) != nullptr ? files.generation : files.config, key);
}

// What the decoder of an encoder-decoder begins with: its start token, and one that is forced to follow.
inline std::vector<token_t> decoder_begin(const checkpoint& files) {
    std::vector<token_t> begin = token_ids(files, "decoder_start_token_id");
    if (begin.empty()) begin = token_ids(files, "bos_token_id");
    const std::vector<token_t> forced = token_ids(files, "forced_bos_token_id");
    begin.insert(begin.end(), forced.begin(), forced.end());
    return begin;
}

class encoder_recipe : public stack_recipe {
public:
    using stack_recipe::stack_recipe;

    model::stack load() const {
        model::stack parts;
        fill(parts);
        report_loaded();
        return parts;
    }
};

// A stack with a head: all of a decoder, or of an encoder that stands alone.
class scoring_recipe : public stack_recipe {
public:
    explicit scoring_recipe(const checkpoint& files, const load_options& options = {}) : stack_recipe(files, options) {
        config.tied = files.config.get_or("tie_word_embeddings", false);
    }

    model::decoder_parts load() const {
        model::decoder_parts parts;
        fill(parts);
        project(parts);
        parts.head = head();
        tensors().require_adapted();
        report_loaded();
        return parts;
    }

protected:
    virtual std::string head_name() const { return "lm_head"; }

    // Between the last norm and the head.
    virtual void project(model::decoder_parts&) const {}

    virtual gemm::affine head() const {
        if (!config.tied) return tensors().affine(head_name(), config.vocabulary, embedding_width(), biased().head);
        gemm::affine map = tensors().bare(embedding_name(), config.vocabulary, embedding_width());
        if (biased().head) map.b = tensors().vector(head_name() + ".bias", config.vocabulary);
        return map;
    }
};

class decoder_recipe : public scoring_recipe {
public:
    explicit decoder_recipe(const checkpoint& files, const load_options& options = {})
        : scoring_recipe(files, options) {
        config.end_tokens = token_ids(files, "eos_token_id");
    }
};

}
