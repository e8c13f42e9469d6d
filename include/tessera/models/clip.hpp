// CLIP's encoder of pictures: patches and a row for the whole picture, learned positions, norms before the sublayers.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tessera/attention/full.hpp"
#include "tessera/model/patch_reader.hpp"
#include "tessera/models/common_keys.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct clip_vision : encoder_recipe {
    explicit clip_vision(const checkpoint& files, const load_options& options = {})
        : encoder_recipe(with_common_keys(files, {{"hidden_size", "hidden_size", 768},
                                                  {"intermediate_size", "intermediate_size", 3072},
                                                  {"num_hidden_layers", "num_hidden_layers", 12},
                                                  {"num_attention_heads", "num_attention_heads", 12},
                                                  {"vocab_size", "vocab_size", 1}}),  // not a text's
                         options) {
        config.epsilon = float_key(files.config, "layer_norm_eps", 1e-5);
        config.activation = files.config.get_or("hidden_act", "quick_gelu");
        divide_width();
    }

    static auto scores(const model::decoder_config&, index_t) { return attention::full{}; }

    // Only so many layers, for who wants the rows between them: without the last norm.
    void stop_after(index_t layers) {
        checked_size(layers, "layers of pictures", 1, config.layers);
        config.layers = layers;
        stopped_ = true;
    }

protected:
    layer_names names() const override {
        return {.attention_norm = "layer_norm1",
                .out = "out_proj",
                .feed_forward_norm = "layer_norm2",
                .feed_forward = "mlp."};
    }
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }
    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }
    std::string layer_name(index_t i) const override { return "encoder.layers." + std::to_string(i) + "."; }
    norm::any final_norm() const override {
        return stopped_ ? norm::any(norm::identity{}) : norm("post_layernorm", config.hidden);
    }
    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        return plain_feed_forward(at + "fc1", at + "fc2", ops::activation_from(config.activation));
    }

    void embed(model::stack& parts) const override {
        const index_t side = size_key(json(), "image_size", 224), patch = size_key(json(), "patch_size", 32);
        const conv::patch_grid grid{size_key(json(), "num_channels", 3), side, side, patch};
        parts.reader = std::make_shared<model::patch_reader>(
            grid, tensors().patches("embeddings.patch_embedding.weight", config.hidden, grid.channels, patch),
            tensors().vector("embeddings.class_embedding", config.hidden));
        parts.positions =
            position::learned{tensors().matrix("embeddings.position_embedding.weight", 1 + grid.rows(), config.hidden)};
        parts.embedding_norm = norm("pre_layrnorm", config.hidden);  // as the checkpoints spell it
    }

private:
    bool stopped_ = false;
};

}
