// Whisper: an encoder of sound and a decoder of text, with learned positions and norms before the sublayers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tessera/attention/full.hpp"
#include "tessera/model/sound_reader.hpp"
#include "tessera/models/fairseq.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What both sides have in common. The reference reads `scale_embedding` and does not use it.
template <class Recipe>
struct whisper_side : fairseq<Recipe> {
    whisper_side(const checkpoint& files, const load_options& options, const std::string& side,
                 const size_name& positions)
        : fairseq<Recipe>(files, options,
                          {{"d_model", "hidden_size", 384},
                           {side + "_layers", "num_hidden_layers", 4},
                           {side + "_attention_heads", "num_attention_heads", 6},
                           {side + "_ffn_dim", "intermediate_size", 1536},
                           positions}),
          prefix_("model." + side + ".") {
        this->config.activation = files.config.get_or("activation_function", "gelu");
    }

protected:
    using Recipe::tensors;

    const std::string& prefix() const { return prefix_; }
    position::any positions() const override { return this->learned(prefix_ + "embed_positions.weight", 0); }

    std::string embedding_name() const override { return prefix_ + "embed_tokens.weight"; }
    std::string layer_name(index_t i) const override { return prefix_ + "layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return prefix_ + "layer_norm"; }
    typename Recipe::biases biased() const override { return {.out = true, .feed_forward = true}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        return with_biases(Recipe::attention(at, i), at);
    }

    // Keys have none.
    template <class Attention>
    Attention with_biases(Attention a, const std::string& at) const {
        a.q.b = tensors().vector(at + "q_proj.bias", a.q.outputs());
        a.v.b = tensors().vector(at + "v_proj.bias", a.v.outputs());
        return a;
    }

private:
    std::string prefix_;  // what the names of this side begin with
};

struct whisper_encoder : whisper_side<encoder_recipe> {
    explicit whisper_encoder(const checkpoint& files, const load_options& options = {})
        : whisper_side(files, options, "encoder", {"max_source_positions", "max_position_embeddings", 1500}) {}

    static auto scores(const model::decoder_config&, index_t) { return attention::full{}; }

protected:
    void embed(model::stack& parts) const override {
        const index_t bands = size_key(json(), "num_mel_bins", 80);
        std::vector<model::sound_stage> stages;
        stages.push_back({convolution("conv1", bands, 1)});
        stages.push_back({convolution("conv2", config.hidden, 2)});
        parts.reader = std::make_shared<model::sound_reader>(std::move(stages), 2 * position_count());
        parts.positions = positions();
    }

private:
    conv::strided convolution(const std::string& name, index_t channels, index_t stride) const {
        return {.map = tensors().convolution(prefix() + name, {config.hidden, channels, 3}, true),
                .taps = 3,
                .stride = stride,
                .zeros_before = 1,
                .zeros_after = 1,
                .activation = ops::gelu{}};
    }
};

struct whisper : whisper_side<llama> {
    static constexpr std::string_view model_types[] = {"whisper"};
    using encoder = whisper_encoder;

    explicit whisper(const checkpoint& files, const load_options& options = {})
        : whisper_side(files, options, "decoder", {"max_target_positions", "max_position_embeddings", 448}) {
        config.context = std::min(config.context, position_count());
        config.begin_tokens = decoder_begin(files);
    }

protected:
    std::string head_name() const override { return "proj_out"; }

    model::block layer(index_t i) const override {
        const std::string cross = layer_name(i) + "encoder_attn.";
        return with_source(whisper_side::layer(i), i, with_biases(cross_attention(cross), cross));
    }
};

}
