// OPT, BioGPT and XGLM: fairseq's decoders, with positions added to the embedding.
#pragma once

#include "tessera/models/fairseq.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

using fairseq_decoder = fairseq<llama>;

// Norms before the sublayers or (opt-350m) after the sums; an embedding that may be narrower than the model.
struct opt : fairseq_decoder {
    static constexpr std::string_view model_types[] = {"opt"};

    explicit opt(const checkpoint& files, const load_options& options = {})
        : fairseq_decoder(files, options,
                          {{"hidden_size", "hidden_size", 768},
                           {"num_hidden_layers", "num_hidden_layers", 12},
                           {"num_attention_heads", "num_attention_heads", 12},
                           {"ffn_dim", "intermediate_size", 3072},
                           {"max_position_embeddings", "max_position_embeddings", 2048}}),
          prefix_(files.weights.find("decoder.embed_tokens.weight") != nullptr ? "decoder." : "model.decoder.") {
        config.activation = files.config.get_or("activation_function", "relu");
        config.context = std::min(config.context, position_count());
    }

protected:
    std::string embedding_name() const override { return prefix_ + "embed_tokens.weight"; }
    std::string layer_name(index_t i) const override { return prefix_ + "layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return prefix_ + "final_layer_norm"; }
    index_t embedding_width() const override { return size_key(json(), "word_embed_proj_dim", config.hidden); }
    biases biased() const override {
        const bool all = json().get_or("enable_bias", true);
        return {.qkv = all, .out = all, .feed_forward = all};
    }

    position::any positions() const override { return learned(prefix_ + "embed_positions.weight", first_position); }
    void embed(model::stack& parts) const override {
        fairseq_decoder::embed(parts);
        if (is_narrower())
            parts.project_in = tensors().affine(prefix_ + "project_in", config.hidden, embedding_width(), false);
    }
    void project(model::decoder_parts& parts) const override {
        if (is_narrower())
            parts.project_out = tensors().affine(prefix_ + "project_out", embedding_width(), config.hidden, false);
    }

    norm::any norm(const std::string& name, index_t width) const override {
        if (json().get_or("layer_norm_elementwise_affine", true)) return layer_norm(name, width);
        return norm::layer{{}, {}, config.epsilon};
    }
    norm::any final_norm() const override {
        if (!norms_come_first() || json().get_or("_remove_final_layer_norm", false)) return norm::identity{};
        return fairseq_decoder::final_norm();
    }

    model::block layer(index_t i) const override {
        model::block b = fairseq_decoder::layer(i);
        return norms_come_first() ? b : with_norms_of_sums(std::move(b));
    }

private:
    bool is_narrower() const { return embedding_width() != config.hidden; }
    bool norms_come_first() const { return json().get_or("do_layer_norm_before", true); }

    std::string prefix_;
};

struct biogpt : fairseq_decoder {
    static constexpr std::string_view model_types[] = {"biogpt"};

    explicit biogpt(const checkpoint& files, const load_options& options = {})
        : fairseq_decoder(files, options,
                          {{"hidden_size", "hidden_size", 1024},
                           {"num_hidden_layers", "num_hidden_layers", 24},
                           {"num_attention_heads", "num_attention_heads", 16},
                           {"intermediate_size", "intermediate_size", 4096},
                           {"max_position_embeddings", "max_position_embeddings", 1024}}) {
        config.activation = files.config.get_or("hidden_act", "gelu");
        config.context = std::min(config.context, position_count());
        scale_embedding(true);
    }

protected:
    std::string embedding_name() const override { return "biogpt.embed_tokens.weight"; }
    std::string layer_name(index_t i) const override { return "biogpt.layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return "biogpt.layer_norm"; }
    std::string head_name() const override { return "output_projection"; }

    position::any positions() const override { return learned("biogpt.embed_positions.weight", first_position); }
};

// Positions are sines and cosines.
struct xglm : fairseq_decoder {
    static constexpr std::string_view model_types[] = {"xglm"};

    explicit xglm(const checkpoint& files, const load_options& options = {})
        : fairseq_decoder(files, options,
                          {{"d_model", "hidden_size", 1024},
                           {"num_layers", "num_hidden_layers", 24},
                           {"attention_heads", "num_attention_heads", 16},
                           {"ffn_dim", "intermediate_size", 4096},
                           {"max_position_embeddings", "max_position_embeddings", 2048}}) {
        require_option(files.config, "add_cross_attention", false);
        config.activation = files.config.get_or("activation_function", "gelu");
        scale_embedding(true);
    }

protected:
    std::string final_norm_name() const override { return "model.layer_norm"; }

    position::any positions() const override {
        const bool pads = !json().has("pad_token_id") || present(json(), "pad_token_id") != nullptr;
        const auto blank = pads ? static_cast<std::int32_t>(json().get_or("pad_token_id", std::int64_t(1))) : -1;
        return position::sinusoidal{frequencies(), first_position, blank};
    }
};

}
