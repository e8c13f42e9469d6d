// xLSTM-7B and its like: mLSTM cells in place of attention.
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tessera/model/mlstm.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct xlstm : llama {
    static constexpr std::string_view model_types[] = {"xlstm"};

    explicit xlstm(const checkpoint& files, const load_options& options = {}) : llama(with_usual_keys(files), options) {
        const io::json& c = files.config;
        require_option(c, "use_bias", false);
        require_option(c, "add_out_norm", true);
        config.feed_forward = feed_forward_width();
        config.context = options.context > 0 ? config.context : endless_context;
        config.epsilon = float_key(c, "norm_eps", 1e-6);
        config.logit_softcap = softcap_key(c, "output_logit_soft_cap", 30.0);
    }

protected:
    std::string embedding_name() const override { return "backbone.embeddings.weight"; }
    std::string layer_name(index_t i) const override { return "backbone.blocks." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "backbone.out_norm"; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    layer_names names() const override {
        return {.attention_norm = "norm_mlstm",
                .attention = "mlstm_layer.",
                .feed_forward_norm = "norm_ffn",
                .feed_forward = "ffn."};
    }

    model::any_mixer mixer(const std::string& at, index_t) const override {
        const index_t heads = config.heads, keys = width("qk_dim_factor", 0.5), values = width("v_dim_factor", 1.0);
        model::mlstm m{
            .query_scale = 1.0f / std::sqrt(float(keys / heads)),
            .gate_softcap = softcap_key(json(), "gate_soft_cap", 15.0),
            .epsilon = float_key(json(), "eps", 1e-6),
            .norm = norm::layer_per_head{tensors().folded(at + "multihead_norm.weight", heads, values / heads),
                                         config.epsilon},
            .out = tensors().affine(at + "out_proj", config.hidden, values, false)};
        load_rows(at, "qkv_opreact", false,
                  {{"q", &m.q, keys}, {"k", &m.k, keys}, {"v", &m.v, values}, {"ogate_preact", &m.gate, values}});
        load_rows(at, "ifgate_preact", true, {{"igate_preact", &m.take, heads}, {"fgate_preact", &m.stay, heads}});
        return m;
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const index_t inner = config.feed_forward;
        ffn::gated f{{}, {}, tensors().affine(at + "proj_down", config.hidden, inner, false), ops::silu{}};
        load_rows(at, "proj_up_gate_z", false, {{"proj_up_gate", &f.gate, inner}, {"proj_up", &f.up, inner}});
        return f;
    }

private:
    static checkpoint with_usual_keys(const checkpoint& files) {
        return with_common_keys(files, {{"vocab_size", "vocab_size", 50304},
                                        {"embedding_dim", "hidden_size", 4096},
                                        {"num_blocks", "num_hidden_layers", 32},
                                        {"num_heads", "num_attention_heads", 8},
                                        {"intermediate_size", "intermediate_size", 1}});
    }

    // So many times the hidden width, rounded up to a multiple.
    index_t feed_forward_width() const {
        const index_t unit = size_key(json(), "ffn_round_up_to_multiple_of", 64);
        const double width = scaled_width("ffn_proj_factor", 2.667);
        return static_cast<index_t>((width + double(unit - 1)) / double(unit)) * unit;
    }

    // Of all heads together.
    index_t width(std::string_view key, double factor) const {
        const auto all = static_cast<index_t>(scaled_width(key, factor));
        if (all < 1 || all % config.heads != 0)
            throw error(errc::format, "heads do not divide the width",
                        {.subject = std::string(key),
                         .expected = "a multiple of " + std::to_string(config.heads),
                         .found = std::to_string(all)});
        return all;
    }
    double scaled_width(std::string_view key, double factor) const {
        const double width = double(config.hidden) * json().get_or(key, factor);
        if (!(width >= 1.0 && width <= double(largest_size)))
            throw error(errc::format, "the value is out of range",
                        {.subject = std::string(key), .found = std::to_string(width)});
        return width;
    }

    // Maps that checkpoints hold one by one, or as rows of one.
    struct part {
        std::string name;
        gemm::affine* map;
        index_t rows;
    };
    void load_rows(const std::string& at, const std::string& fused, bool biased,
                   std::initializer_list<part> parts) const {
        index_t all = 0, begin = 0;
        for (const part& p : parts) all += p.rows;
        const bool together = json().get_or("weight_mode", "single") == "fused";
        for (const part& p : parts) {
            *p.map = together ? tensors().part(at + fused, {begin, begin + p.rows}, all, config.hidden, biased)
                              : tensors().affine(at + p.name, p.rows, config.hidden, biased);
            begin += p.rows;
        }
    }
};

}
