// What decoders trained with Megatron have in common: layer norms, and queries, keys and values in one tensor.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Not a family: a base of gpt_neox, persimmon, bloom and falcon.
struct megatron : llama {
    using llama::llama;

protected:
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        const std::string qkv = at + "query_key_value", out = at + "dense";
        return files().gguf ? joined_attention(qkv, out, i) : grouped_attention(qkv, out, i);  // GGUF has them sorted
    }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "dense_h_to_4h", at + "dense_4h_to_h", ops::activation_from(config.activation));
    }
};

}
