// DeepSeek-V2 and V3: latent attention, and after the first layers a mixture of experts with shared ones.
#pragma once

#include "tessera/model/latent_attention.hpp"
#include "tessera/models/dots1.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct deepseek_v3 : dots1 {
    static constexpr std::string_view model_types[] = {"deepseek_v3"};

    explicit deepseek_v3(const checkpoint& files, const load_options& options = {})
        : dots1(files, options),
          rank_(size_key(files.config, "kv_lora_rank", 512)),
          plain_(size_key(files.config, "qk_nope_head_dim", 128)),
          value_(size_key(files.config, "v_head_dim", 128)) {
        config.windows.clear();
        config.kv_heads = config.heads;
        config.head_dim = size_key(files.config, "qk_rope_head_dim", 64);
    }

protected:
    rope_defaults rope_assumed() const override { return {.interleaved = json().get_or("rope_interleave", true)}; }

    virtual bool queries_of_low_rank() const {
        return !json().has("q_lora_rank") || present(json(), "q_lora_rank") != nullptr;
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        const bool biased = json().get_or("attention_bias", false);
        const index_t rope = config.head_dim, low = rank_ + rope, hidden = config.hidden;
        model::latent_attention a;
        a.plain_dim = plain_;
        a.rotary_dim = rope;
        a.rank = rank_;
        a.value_dim = value_;
        a.scale = scale();
        a.latent = tensors().part(at + "kv_a_proj_with_mqa", {0, rank_}, low, hidden, biased);
        a.k_rotary = tensors().part(at + "kv_a_proj_with_mqa", {rank_, low}, low, hidden, biased);
        a.latent_norm = latent_norm(at + "kv_a_layernorm", rank_);
        a.out = tensors().affine(at + "o_proj", hidden, config.heads * value_, biased);
        a.rotary = rotary(i);
        add_queries(a, at, biased);
        for (index_t h = 0; h < config.heads; ++h) a.heads.push_back(absorbed(at + "kv_b_proj", h));
        return a;
    }

private:
    // These norms keep the smallest epsilon whatever the file says.
    norm::any latent_norm(const std::string& name, index_t width) const {
        return norm::rms{tensors().vector(name + ".weight", width), 1e-6f};
    }

    void add_queries(model::latent_attention& a, const std::string& at, bool biased) const {
        index_t inputs = config.hidden;
        std::string name = at + "q_proj";
        if (queries_of_low_rank()) {
            inputs = size_key(json(), "q_lora_rank", 1536);
            a.q_low = tensors().affine(at + "q_a_proj", inputs, config.hidden, biased);
            a.q_norm = latent_norm(at + "q_a_layernorm", inputs);
            name = at + "q_b_proj";
        }
        a.q_plain = columns_of_heads(name, {0, plain_}, inputs);
        a.q_rotary = columns_of_heads(name, {plain_, plain_ + config.head_dim}, inputs);
    }

    // The same part of each head's query.
    gemm::affine columns_of_heads(const std::string& name, range part, index_t inputs) const {
        const index_t dim = plain_ + config.head_dim;
        std::vector<index_t> order;
        for (index_t h = 0; h < config.heads; ++h)
            for (index_t i = part.begin; i < part.end; ++i) order.push_back(h * dim + i);
        return tensors().rows(name, order, config.heads * dim, inputs, false);
    }

    model::latent_attention::head absorbed(const std::string& name, index_t h) const {
        const index_t both = plain_ + value_, all = config.heads * both;
        return {tensors().turned_rows(name, {h * both, h * both + plain_}, all, rank_),
                tensors().part(name, {h * both + plain_, (h + 1) * both}, all, rank_, false).weight};
    }

    // With YaRN's correction of the scores, squared.
    float scale() const {
        const float plain = 1.0f / std::sqrt(float(plain_ + config.head_dim));
        const io::json* rope = rope_object(json(), {});
        if (rope == nullptr || rope->get_or("rope_type", rope->get_or("type", "default")) == "default") return plain;
        const double more = position::yarn_mscale(rope->get_or("factor", 1.0), rope->get_or("mscale_all_dim", 0.0));
        return plain * static_cast<float>(more * more);
    }

    index_t rank_, plain_, value_;
};

// Softmax scores without a correction; a group is as good as its best expert; neighbours are always pairs.
struct deepseek_v2 : deepseek_v3 {
    static constexpr std::string_view model_types[] = {"deepseek_v2"};
    using deepseek_v3::deepseek_v3;

protected:
    rope_defaults rope_assumed() const override { return {.interleaved = true}; }

    ffn::top_scores routing(const std::string&, index_t experts) const override {
        ffn::top_scores r{.factor = float_key(json(), "routed_scaling_factor", 1.0), .best_of_group = 1};
        const std::string method = json().get_or("topk_method", "greedy");
        if (method == "greedy") return r;
        if (method == "group_limited_greedy") return grouped(std::move(r), json(), experts);
        throw error(errc::unsupported, "experts cannot be chosen in this way",
                    {.subject = "topk_method", .expected = "greedy or group_limited_greedy", .found = method});
    }
};

}
