// JetMoE: mixtures of experts in the attention and in the feed-forward.
#pragma once

#include "tessera/model/mixture_of_attention.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct jetmoe : llama {
    static constexpr std::string_view model_types[] = {"jetmoe"};

    explicit jetmoe(const checkpoint& files, const load_options& options = {}) : llama(renamed(files), options) {
        config.tied = files.config.get_or("tie_word_embeddings", true);
        config.activation = files.config.get_or("activation_function", "silu");
    }

protected:
    // The norms of the blocks keep to a constant of their own.
    norm::any norm(const std::string& name, index_t width) const override {
        return norm::rms{tensors().vector(name + ".weight", width), name == final_norm_name() ? config.epsilon : 1e-6f};
    }

    layer_names names() const override { return {.attention = "self_attention."}; }

    model::any_mixer mixer(const std::string& at, index_t) const override {
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = config.kv_heads * config.head_dim, hidden = config.hidden, count = sizes.experts;
        const std::string own = at + "experts.";
        model::mixture_of_attention m{
            .heads = heads(),
            .router = tensors().affine(own + "router.layer", count, hidden, false),
            .routing = ffn::top_scores{.normalised = true},
            .k = tensors().part(at + "kv_proj", {0, width}, 2 * width, hidden, false),
            .v = tensors().part(at + "kv_proj", {width, 2 * width}, 2 * width, hidden, false)};
        for (index_t e = 0; e < count; ++e) {
            m.q.push_back(tensors().slice(own + "input_linear", {e, count}, {0, width}, width, hidden));
            m.out.push_back(output(own, {e, count}, width));
        }
        return m;
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = config.feed_forward, hidden = config.hidden, count = sizes.experts;
        return mixture(sizes, tensors().affine(at + "router.layer", count, hidden, false),
                       ffn::top_scores{.normalised = true}, [&](index_t e) {
                           const auto in = [&](range rows) {
                               return tensors().slice(at + "input_linear", {e, count}, rows, 2 * width, hidden);
                           };
                           return ffn::gated{in({0, width}), in({width, 2 * width}), output(at, {e, count}, width),
                                             ops::activation_from(config.activation)};
                       });
    }

private:
    // The bias of the mixture is that of every expert: the weights of a row's experts add up to one.
    gemm::affine output(const std::string& at, models::weights::place which, index_t width) const {
        gemm::affine map = tensors().slice(at + "output_linear", which, {0, config.hidden}, config.hidden, width);
        map.b = tensors().vector(at + "bias", config.hidden);
        return map;
    }

    static checkpoint renamed(const checkpoint& files) {
        const io::json& c = files.config;
        const index_t kv = size_key(c, "num_key_value_heads", 16);
        return with_common_keys(
            files, {{"kv_channels", "head_dim", 128},
                    {"num_key_value_heads", "num_key_value_heads", kv},
                    {"num_attention_heads", "num_attention_heads", kv * size_key(c, "num_experts_per_tok", 2)},
                    {"num_experts_per_tok", "num_experts_per_tok", 2},
                    {"num_local_experts", "num_local_experts", 8}});
    }
};

}
