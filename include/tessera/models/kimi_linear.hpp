// Kimi Linear: the delta rule with a decay for each key channel in place of most layers' attention, latent attention
// without rotary positions in the others, and after the first layers a mixture of experts with shared ones.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tessera/models/common_keys.hpp"
#include "tessera/models/deepseek.hpp"
#include "tessera/models/delta_net.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct kimi_linear : deepseek_v3 {
    static constexpr std::string_view model_types[] = {"kimi_linear"};

    explicit kimi_linear(const checkpoint& files, const load_options& options = {})
        : deepseek_v3(with_kimi_keys(files), options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        require_option(files.config, "moe_router_activation_func", std::string("sigmoid"));
    }

protected:
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }
    bool queries_of_low_rank() const override { return present(json(), "q_lora_rank") != nullptr; }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (attends_here(i)) return deepseek_v3::mixer(at, i);
        return delta(at);
    }

    model::any_mixer feed_forward(const std::string&, index_t i) const override {
        const std::string first = layer_name(i) + "block_sparse_moe.", later = layer_name(i) + "mlp.";
        const auto has = [&](const char* name) { return tensors().has(first + name); };
        const std::string& at = has("gate_proj.weight") || has("gate.weight") ? first : later;
        if (!is_mixture(i)) return gated(at, config.feed_forward);
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = size_key(json(), "moe_intermediate_size", 1024);
        ffn::moe m = mixture(sizes, tensors().affine(at + "gate", sizes.experts, config.hidden, false),
                             routing(at, sizes.experts),
                             [&](index_t e) { return numbered_expert(tensors(), at, e, width, config); });
        m.shared = gated(at + "shared_experts.", width * size_key(json(), "n_shared_experts"));
        return m;
    }

    ffn::top_scores routing(const std::string& at, index_t experts) const override {
        ffn::top_scores r = deepseek_v3::routing(at, experts);
        r.normalised = json().get_or("moe_renormalize", json().get_or("norm_topk_prob", true));
        r.factor = float_key(json(), "routed_scaling_factor", 2.446);
        return r;
    }

private:
    static checkpoint with_kimi_keys(const checkpoint& files) {
        return with_common_keys(files, {{"num_expert_group", "n_group", 1},
                                        {"num_experts_per_token", "num_experts_per_tok", 8},
                                        {"num_shared_experts", "n_shared_experts", 1},
                                        {"model_max_length", "max_position_embeddings", 1048576}});
    }

    // The sizes of linear layers, of which the first files have a set of their own.
    index_t size(std::string_view first, std::string_view later, index_t otherwise) const {
        const io::json* own = present(json(), "linear_attn_config");
        otherwise = size_key(json(), later, otherwise);
        return own != nullptr ? size_key(*own, first, otherwise) : otherwise;
    }

    // The first files count layers from one.
    bool attends_here(index_t i) const {
        if (present(json(), "layer_types") != nullptr) return attends(json(), i, 4);
        const io::json* own = present(json(), "linear_attn_config");
        if (own == nullptr || present(*own, "full_attn_layers") == nullptr) return i > 0 && i % 4 == 0;
        const auto listed = own->get<std::vector<std::int64_t>>("full_attn_layers");
        return std::find(listed.begin(), listed.end(), i + 1) != listed.end();
    }

    bool is_mixture(index_t i) const {
        if (const io::json* types = present(json(), "mlp_layer_types"); types != nullptr)
            return types->at(i).as_string("mlp_layer_types") == "sparse";
        return i >= json().get_or("first_k_dense_replace", std::int64_t(1));
    }

    delta_shape shape() const {
        const index_t heads = size("num_heads", "linear_num_heads", 32);
        const index_t dim = size("head_dim", "linear_head_dim", 128);
        return {heads, heads, dim, dim, size("short_conv_kernel_size", "linear_conv_kernel_dim", 4)};
    }

    model::delta_net delta(const std::string& at) const {
        const delta_shape s = shape();
        const index_t inner = s.heads * s.key_dim, hidden = config.hidden;
        const auto map = [&](const char* name, index_t outputs, index_t inputs) {
            return tensors().affine(at + name, outputs, inputs, false);
        };
        model::delta_net m = delta_net_of(s);
        m.q = map("q_proj", inner, hidden);
        m.k = map("k_proj", inner, hidden);
        m.v = map("v_proj", inner, hidden);
        m.conv = delta_conv(tensors(), at, s, ops::activation_from(config.activation));
        m.decay = {map("f_a_proj", s.key_dim, hidden), map("f_b_proj", inner, s.key_dim)};
        m.decay.high.b = tensors().vector(at + "dt_bias", inner);
        m.rates = rates_of_channels(at + "A_log", s);
        m.gain = map("b_proj", s.heads, hidden);
        m.gate = {map("g_a_proj", s.key_dim, hidden), map("g_b_proj", inner, s.key_dim)};
        m.gate_activation = ops::sigmoid{};
        m.norm = norm(at + "o_norm", s.value_dim);
        m.out = map("o_proj", hidden, inner);
        return m;
    }

    // That of a head for each of its key channels.
    tensor<float, 1> rates_of_channels(const std::string& name, const delta_shape& s) const {
        const tensor<float, 1> of_heads = negative_rates(tensors(), name, s.heads);
        tensor<float, 1> all({s.heads * s.key_dim});
        for (index_t i = 0; i < all.size(); ++i) all.data()[i] = of_heads(i / s.key_dim);
        return all;
    }
};

}
