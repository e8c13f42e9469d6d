// GPT-J and CodeGen: both sublayers in parallel behind one norm, neighbouring dimensions rotated, a head with a bias.
#pragma once

#include "tessera/models/common_keys.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gptj : llama {
    static constexpr std::string_view model_types[] = {"gptj"};

    explicit gptj(const checkpoint& files, const load_options& options = {}) : llama(with_gptj_keys(files), options) {
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.activation = files.config.get_or("activation_function", "gelu_new");
        divide_width();
    }

protected:
    std::string embedding_name() const override { return "transformer.wte.weight"; }
    std::string layer_name(index_t i) const override { return "transformer.h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "transformer.ln_f"; }
    layer_names names() const override { return {.attention_norm = "ln_1", .attention = "attn.", .out = "out_proj"}; }
    biases biased() const override { return {.feed_forward = true, .head = true}; }
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }
    model::block layer(index_t i) const override { return parallel_layer(i); }

    std::vector<position::rope_options> ropes() const override {
        const index_t turning = size_key(json(), "rotary_dim", 64);
        return {{.dim = checked_size(turning, "rotary_dim", 1, config.head_dim), .theta = 1e4, .interleaved = true}};
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "fc_in", at + "fc_out", ops::activation_from(config.activation));
    }

private:
    static checkpoint with_gptj_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "n_embd", size_key(files.config, "hidden_size", 4096));
        return with_common_keys(files, {{"n_embd", "hidden_size", 4096},
                                        {"n_layer", "num_hidden_layers", 28},
                                        {"n_head", "num_attention_heads", 16},
                                        {"n_positions", "max_position_embeddings", 2048},
                                        {"n_inner", "intermediate_size", 4 * hidden}});
    }
};

// Queries, values and keys in one tensor, cut for four processors.
struct codegen : gptj {
    static constexpr std::string_view model_types[] = {"codegen"};
    using gptj::gptj;

protected:
    model::self_attention attention(const std::string& at, index_t i) const override {
        constexpr index_t processors = 4;
        if (config.heads % processors != 0)
            throw error(errc::format, "heads cannot be cut in four",
                        {.subject = "n_head", .expected = "a multiple of 4", .found = std::to_string(config.heads)});
        const index_t local = config.heads / processors;
        model::self_attention a;
        a.heads = heads();
        a.q = heads_of(at + "qkv_proj", processors, 3 * local, {0, local});
        a.v = heads_of(at + "qkv_proj", processors, 3 * local, {local, 2 * local});
        a.k = heads_of(at + "qkv_proj", processors, 3 * local, {2 * local, 3 * local});
        a.out = tensors().affine(at + names().out, config.hidden, config.hidden, false);
        a.rotary = rotary(i);
        return a;
    }
};

}
