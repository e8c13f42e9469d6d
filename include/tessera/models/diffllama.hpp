// DiffLlama: llama with differential attention.
#pragma once

#include <cmath>

#include "tessera/model/differential_attention.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct diffllama : llama {
    static constexpr std::string_view model_types[] = {"diffllama"};

    explicit diffllama(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
        if (config.kv_heads % 2 != 0 || config.heads % config.kv_heads != 0)
            throw error(errc::format, "heads cannot be told in two halves",
                        {.subject = "num_key_value_heads",
                         .expected = "an even divisor of " + std::to_string(config.heads),
                         .found = std::to_string(config.kv_heads)});
    }

protected:
    biases biased() const override {
        const bool all = json().get_or("attention_bias", false);
        return {.qkv = all, .out = all};
    }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        model::self_attention a = attention(at, i);
        a.heads.value_dim = 2 * config.head_dim;
        a.v = paired_values(at + names().v);
        const float start = static_cast<float>(0.8 - 0.6 * std::exp(-0.3 * double(i)));
        return model::differential_attention{.both = std::move(a),
                                             .lambda = std::exp(product(at, "1")) - std::exp(product(at, "2")) + start,
                                             .factor = 1.0f - start,
                                             .epsilon = config.epsilon};
    }

private:
    // The value of key head h: that of head h modulo a half, then that of the same head of the other half.
    gemm::affine paired_values(const std::string& name) const {
        const index_t half = config.kv_heads / 2, dim = config.head_dim;
        std::vector<index_t> order;
        for (index_t h = 0; h < config.kv_heads; ++h)
            for (index_t head : {h % half, h % half + half})
                for (index_t i = 0; i < dim; ++i) order.push_back(head * dim + i);
        return tensors().rows(name, order, config.kv_heads * dim, config.hidden, biased().qkv);
    }

    float product(const std::string& at, const std::string& which) const {
        const tensor<float, 1> q = tensors().vector(at + "lambda_q" + which, config.head_dim);
        const tensor<float, 1> k = tensors().vector(at + "lambda_k" + which, config.head_dim);
        float sum = 0.0f;
        for (index_t i = 0; i < config.head_dim; ++i) sum += q.data()[i] * k.data()[i];
        return sum;
    }
};

}
