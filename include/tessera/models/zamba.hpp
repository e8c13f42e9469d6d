// Zamba and Zamba2: state spaces everywhere, and before some of them transformer blocks that are used again and again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tessera/ffn/adapted.hpp"
#include "tessera/model/adapted_attention.hpp"
#include "tessera/model/shared_block.hpp"
#include "tessera/models/granitemoehybrid.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What both have in common. Shared blocks read the stream beside the embedding, so attention is from twice the width.
class zamba_recipe : public llama {
public:
    zamba_recipe(const checkpoint& files, const load_options& options, std::vector<std::string> kinds)
        : llama(files, options), kinds_(std::move(kinds)) {
        const io::json& c = files.config;
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        config.tied = c.get_or("tie_word_embeddings", true);
        config.activation = c.get_or("hidden_act", "gelu");
        config.head_dim = size_key(c, "attention_head_dim", 2 * config.hidden / config.heads);
        config.attention_scale = 1.0f / std::sqrt(static_cast<float>(config.head_dim) / 2.0f);
        for (index_t i = 0; i < config.layers; ++i)
            if (is_hybrid(i)) hybrids_.push_back(i);
    }

protected:
    struct shared {
        std::string at;  // its names begin with this
        std::shared_ptr<const model::self_attention> attention;
        std::shared_ptr<const ffn::gated> feed_forward;
    };
    using additions = std::vector<gemm::low_rank>;

    virtual model::any_mixer state_space(const std::string& at) const = 0;
    virtual additions to_attention(const shared&, index_t /*use*/) const { return {}; }
    virtual additions to_feed_forward(const shared&, index_t /*use*/) const { return {}; }

    std::string final_norm_name() const override { return "model.final_layernorm"; }
    biases biased() const override { return {}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    // The first so many hybrid layers have the tensors of the blocks.
    std::vector<std::string> block_names(index_t count, const std::string& name) const {
        std::vector<std::string> names;
        for (index_t b = 0; b < std::min(count, index_t(hybrids_.size())); ++b)
            names.push_back(layer_name(hybrids_[std::size_t(b)]) + name);
        return names;
    }
    void add_block(const std::string& at, ffn::gated feed_forward) {
        const index_t hidden = config.hidden, q = config.heads * config.head_dim,
                      kv = config.kv_heads * config.head_dim;
        model::self_attention a;
        a.heads = heads();
        a.q = tensors().affine(at + "self_attn.q_proj", q, 2 * hidden, false);
        a.k = tensors().affine(at + "self_attn.k_proj", kv, 2 * hidden, false);
        a.v = tensors().affine(at + "self_attn.v_proj", kv, 2 * hidden, false);
        a.out = tensors().affine(at + "self_attn.o_proj", hidden, q, false);
        a.rotary = rotary(0);
        blocks_.push_back({at, std::make_shared<const model::self_attention>(std::move(a)),
                           std::make_shared<const ffn::gated>(std::move(feed_forward))});
    }

    model::block layer(index_t i) const override {
        if (is_hybrid(i)) return {{{.mixer = hybrid(i)}}};
        const std::string at = layer_name(i);
        return {{{.before = norm(at + "input_layernorm", config.hidden), .mixer = state_space(at + "mamba.")}}};
    }

private:
    bool is_hybrid(index_t i) const { return kinds_[std::size_t(i)] == "hybrid"; }

    // Blocks take turns; each time one is used it may have additions of that time's own.
    model::shared_block hybrid(index_t i) const {
        const std::string at = layer_name(i);
        const index_t use = std::find(hybrids_.begin(), hybrids_.end(), i) - hybrids_.begin();
        const shared& b = blocks_[std::size_t(use) % blocks_.size()];
        const bool first = use < index_t(blocks_.size());
        return {.tokens = embedding::table(tensors().stored(embedding_name(), config.vocabulary, config.hidden)),
                .before_attention = norm(b.at + "input_layernorm", 2 * config.hidden),
                .attention = model::adapted_attention{b.attention, to_attention(b, use)},
                .before_feed_forward = norm(b.at + "pre_ff_layernorm", config.hidden),
                .feed_forward = ffn::adapted_gated{b.feed_forward, to_feed_forward(b, use)},
                .out = tensors().affine(at + "linear", config.hidden, config.hidden, false),
                .before_state_space = norm(at + "mamba_decoder.input_layernorm", config.hidden),
                .state_space = state_space(at + "mamba_decoder.mamba."),
                .shared_bytes = first ? b.attention->bytes() + b.feed_forward->bytes() : 0};
    }

    std::vector<std::string> kinds_;
    std::vector<index_t> hybrids_;
    std::vector<shared> blocks_;
};

// One block; Mamba whose channels are in blocks that select on their own.
struct zamba : zamba_recipe {
    static constexpr std::string_view model_types[] = {"zamba"};

    explicit zamba(const checkpoint& files, const load_options& options = {})
        : zamba_recipe(files, options, kinds_of(files.config)) {
        for (const std::string& at : block_names(1, "shared_transf."))
            add_block(at, gated(at + "feed_forward.", config.feed_forward));
    }

protected:
    model::any_mixer state_space(const std::string& at) const override {
        const io::json& c = json();
        const index_t inner = size_key(c, "mamba_expand", 2) * config.hidden, count = size_key(c, "n_mamba_heads", 2);
        const index_t width = inner / count, states = size_key(c, "mamba_d_state", 16);
        const index_t taps = size_key(c, "mamba_d_conv", 4), rank = step_rank(c, "mamba_dt_rank", config.hidden);
        const ops::any_activation act = ops::activation_from(c.get_or("hidden_mamba_act", "silu"));
        model::mamba m{
            .in = interleaved(at + "in_proj", 0, inner),
            .gate = interleaved(at + "in_proj", 1, inner),
            .conv = causal_conv(tensors(), at + "conv1d", inner, taps, c.get_or("mamba_conv_bias", true), act),
            .selections = {},
            .a = negative_rates(tensors(), at + "A_log", count * width, states),
            .skip = tensors().flat(at + "D", count, width),
            .out = tensors().affine(at + "out_proj", config.hidden, inner, c.get_or("mamba_proj_bias", false))};
        const tensor<float> step_bias = tensors().matrix(at + "dt_proj_bias", count, width);
        for (index_t b = 0; b < count; ++b) {
            m.selections.push_back(selection(at, {b, count}, {rank, states, width}));
            std::copy_n(&step_bias(b, 0), width, m.selections.back().step.b.data());
        }
        return m;
    }

private:
    // Two without, one with a shared block; after those every so many layers have one.
    static std::vector<std::string> kinds_of(const io::json& c) {
        const index_t layers = size_key(c, "num_hidden_layers"), period = size_key(c, "attn_layer_period", 6);
        if (present(c, "layers_block_type") != nullptr) return listed_kinds(c, layers);
        std::vector<std::string> kinds;
        for (index_t i = 0; i < layers; ++i) {
            const bool later = i > 2 && (i - 3) % period == c.get_or("attn_layer_offset", std::int64_t(4));
            kinds.emplace_back(i == 2 || later ? "hybrid" : "mamba");
        }
        return kinds;
    }

    // Every other row.
    gemm::affine interleaved(const std::string& name, index_t first, index_t outputs) const {
        std::vector<index_t> order;
        for (index_t row = 0; row < outputs; ++row) order.push_back(2 * row + first);
        return tensors().rows(name, order, 2 * outputs, config.hidden, json().get_or("mamba_proj_bias", false));
    }

    struct sizes {
        index_t rank, states, channels;
    };
    model::selection selection(const std::string& at, weights::place block, const sizes& s) const {
        const index_t fused = s.rank + 2 * s.states;
        const auto part = [&](range rows) {
            return tensors().bare_slice(at + "x_proj_weight", block, rows, fused, s.channels);
        };
        return {.step_low = part({0, s.rank}),
                .b = part({s.rank, s.rank + s.states}),
                .c = part({s.rank + s.states, fused}),
                .step = tensors().bare_slice(at + "dt_proj_weight", block, {0, s.channels}, s.channels, s.rank)};
    }
};

// Blocks of which each use has low-rank additions of its own, and Mamba-2.
struct zamba2 : zamba_recipe {
    static constexpr std::string_view model_types[] = {"zamba2"};

    explicit zamba2(const checkpoint& files, const load_options& options = {})
        : zamba_recipe(with_width(files), options, kinds_of(files.config)) {
        require_option(files.config, "use_long_context", false);
        config.head_dim = 2 * config.hidden / config.heads;
        for (const std::string& at : block_names(size_key(files.config, "num_mem_blocks", 1), "shared_transformer."))
            add_block(at, fused(at + "feed_forward."));
    }

protected:
    biases biased() const override { return {.feed_forward = json().get_or("add_bias_linear", false)}; }
    bool rotates() const { return json().get_or("use_mem_rope", false); }
    std::vector<position::rope_options> ropes() const override {
        return rotates() ? llama::ropes() : zamba_recipe::ropes();
    }
    index_t rotary(index_t) const override { return rotates() ? 0 : -1; }

    additions to_attention(const shared& b, index_t use) const override {
        if (!json().get_or("use_shared_attention_adapter", false)) return {};
        additions all;
        const model::self_attention& a = *b.attention;
        for (const auto& [name, map] : {std::pair("q", &a.q), std::pair("k", &a.k), std::pair("v", &a.v)})
            all.push_back(addition(b.at + "self_attn.linear_" + name + "_adapter_list", use, {0, map->outputs()},
                                   map->outputs(), 2 * config.hidden));
        return all;
    }
    additions to_feed_forward(const shared& b, index_t use) const override {
        additions all;
        const index_t width = config.feed_forward;
        for (const range rows : {range{0, width}, range{width, 2 * width}})
            all.push_back(
                addition(b.at + "feed_forward.gate_up_proj_adapter_list", use, rows, 2 * width, config.hidden));
        return all;
    }

    model::any_mixer state_space(const std::string& at) const override {
        const io::json& c = json();
        const index_t heads = size_key(c, "n_mamba_heads", 8);
        model::decoder_config own = config;
        own.epsilon = 1e-5f;  // of its norm, whatever the file says
        return mamba2_mixer(tensors(), at,
                            {.heads = heads,
                             .head_dim = size_key(c, "mamba_expand", 2) * config.hidden / heads,
                             .groups = size_key(c, "mamba_ngroups", 1),
                             .states = size_key(c, "mamba_d_state", 64),
                             .taps = size_key(c, "mamba_d_conv", 4),
                             .biased = biased().feed_forward,
                             .out_biased = biased().feed_forward,
                             .conv_biased = true,
                             .limits = {.least = float_key(c, "time_step_min", 1e-3)},
                             .activation = "silu"},
                            own);
    }

private:
    static checkpoint with_width(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "hidden_size");
        return with_common_keys(files, {{"intermediate_size", "intermediate_size", 4 * hidden}});
    }
    static std::vector<std::string> kinds_of(const io::json& c) {
        if (present(c, "layers_block_type") == nullptr)
            throw error(errc::missing, "no such key", {.subject = "layers_block_type"});
        return listed_kinds(c, size_key(c, "num_hidden_layers"));
    }

    ffn::gated fused(const std::string& at) const {
        const index_t width = config.feed_forward;
        const bool with_bias = biased().feed_forward;
        const auto part = [&](range rows) {
            return tensors().part(at + "gate_up_proj", rows, 2 * width, config.hidden, with_bias);
        };
        return {part({0, width}), part({width, 2 * width}),
                tensors().affine(at + "down_proj", config.hidden, width, with_bias),
                ops::activation_from(config.activation)};
    }

    // Of an entry of a list: its first map, and some rows of its second.
    gemm::low_rank addition(const std::string& list, index_t use, range rows, index_t outputs, index_t inputs) const {
        const std::string at = list + "." + std::to_string(use) + ".";
        const index_t rank = size_key(json(), "adapter_rank", 128);
        return {tensors().affine(at + "0", rank, inputs, false), tensors().part(at + "1", rows, outputs, rank, false)};
    }
};

}
