// BLOOM: ALiBi, and a norm on the embedding.
#pragma once

#include "tessera/models/alibi_scores.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/megatron.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct bloom : megatron {
    static constexpr std::string_view model_types[] = {"bloom"};

    explicit bloom(const checkpoint& files, const load_options& options = {})
        : megatron(with_bloom_keys(files), options),
          prefix_(files.weights.find("word_embeddings.weight") != nullptr ? "" : "transformer.") {
        require_option(files.config, "apply_residual_connection_post_layernorm", false);
        // Sums in another order, and without the biases.
        if (size_key(files.config, "pretraining_tp", 1) > 1) require_option(files.config, "slow_but_exact", false);
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.activation = "gelu_new";
        config.tied = files.config.get_or("tie_word_embeddings", true);
        divide_width();
    }

    static auto scores(const model::decoder_config& c, index_t) { return causal_alibi_scores(alibi_slopes(c.heads)); }

protected:
    std::string embedding_name() const override { return prefix_ + "word_embeddings.weight"; }
    std::string layer_name(index_t i) const override { return prefix_ + "h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return prefix_ + "ln_f"; }
    layer_names names() const override { return {.attention = "self_attention."}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }

    void embed(model::stack& parts) const override {
        megatron::embed(parts);
        parts.embedding_norm = norm(prefix_ + "word_embeddings_layernorm", config.hidden);
    }

private:
    static checkpoint with_bloom_keys(const checkpoint& files) {
        const index_t hidden = size_key(files.config, "n_embed", size_key(files.config, "hidden_size", 64));
        return with_common_keys(files, {{"n_embed", "hidden_size", 64},
                                        {"n_layer", "num_hidden_layers", 2},
                                        {"n_head", "num_attention_heads", 8},
                                        {"seq_length", "max_position_embeddings", 2048},
                                        {"intermediate_size", "intermediate_size", 4 * hidden}});
    }

    std::string prefix_;
};

}
