// Qwen3-Next: Gated DeltaNet in place of most layers' attention, a gate on the others', and a mixture of experts.
#pragma once

#include <string>
#include <vector>

#include "tessera/models/delta_net.hpp"
#include "tessera/models/qwen_moe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// A quarter of each head turns; norms other than that of DeltaNet's heads have 1 + w.
struct qwen3_next : qwen2_moe {
    static constexpr std::string_view model_types[] = {"qwen3_next"};

    explicit qwen3_next(const checkpoint& files, const load_options& options = {}) : qwen2_moe(files, options) {
        assume_kv_heads(2);
        config.head_dim = size_key(files.config, "head_dim", 256);
        config.windows.clear();
    }

protected:
    biases biased() const override {
        const bool all = json().get_or("attention_bias", false);
        return {.qkv = all, .out = all};
    }
    rope_defaults rope_assumed() const override { return {.fraction = 0.25}; }
    norm::any norm(const std::string& name, index_t width) const override { return rms(name, width, 1.0f); }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        return feed_forward_or_mixture(at, layer, qwen_mixture(json(), true), 512);
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        if (attends(json(), i, size_key(json(), "full_attention_interval", 4))) return attention(at, i);
        return delta(layer_name(i) + "linear_attn.");
    }

    // The rows of a head's query, then those of its gate.
    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a;
        a.heads = heads();
        const index_t kv = config.kv_heads * config.head_dim;
        a.q = heads_of(at + "q_proj", config.heads, 2, {0, 1});
        a.gate = heads_of(at + "q_proj", config.heads, 2, {1, 2});
        a.k = tensors().affine(at + "k_proj", kv, config.hidden, biased().qkv);
        a.v = tensors().affine(at + "v_proj", kv, config.hidden, biased().qkv);
        a.out = tensors().affine(at + "o_proj", config.hidden, config.heads * config.head_dim, biased().out);
        a.rotary = rotary(i);
        return with_head_norms(std::move(a), at + "q_norm", at + "k_norm");
    }

private:
    model::delta_net delta(const std::string& at) const {
        const delta_shape s = delta_shape_of(json(), {.key_heads = 16, .heads = 32, .key_dim = 128, .value_dim = 128});
        model::delta_net m = delta_net_of(s);
        const index_t shared = s.heads / s.key_heads, values = shared * s.value_dim;
        const std::string in = at + "in_proj_qkvz", ba = at + "in_proj_ba";
        const index_t block = 2 * s.key_dim + 2 * values;
        const auto part = [&](const std::string& name, index_t width, range some) {
            return rows_of_blocks(name, s.key_heads, width, some);
        };
        m.q = part(in, block, {0, s.key_dim});
        m.k = part(in, block, {s.key_dim, 2 * s.key_dim});
        m.v = part(in, block, {2 * s.key_dim, 2 * s.key_dim + values});
        m.gate.high = part(in, block, {2 * s.key_dim + values, block});
        m.gain = part(ba, 2 * shared, {0, shared});
        m.decay.high = part(ba, 2 * shared, {shared, 2 * shared});
        m.decay.high.b = tensors().vector(at + "dt_bias", s.heads);
        m.rates = negative_rates(tensors(), at + "A_log", s.heads);
        m.conv = delta_conv(tensors(), at, s, ops::activation_from(config.activation));
        m.norm = rms(at + "norm", s.value_dim, 0.0f);
        m.out = tensors().affine(at + "out_proj", config.hidden, s.heads * s.value_dim, false);
        return m;
    }

    // Out of a tensor of blocks of so many rows, one for each key head, the same rows of every block.
    gemm::affine rows_of_blocks(const std::string& name, index_t blocks, index_t block, range some) const {
        std::vector<index_t> order;
        for (index_t b = 0; b < blocks; ++b)
            for (index_t row = some.begin; row < some.end; ++row) order.push_back(b * block + row);
        return tensors().rows(name, order, blocks * block, config.hidden, false);
    }
};

}
