// Layers as fairseq builds and names them: those of OPT, BioGPT and XGLM, and of BART and its relatives.
#pragma once

#include <cmath>
#include <utility>

#include "tessera/models/common_keys.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Not a family: what a recipe for a decoder or an encoder adds. Norms come before the sublayers.
template <class Recipe>
struct fairseq : Recipe {
    fairseq(const checkpoint& files, const load_options& options, std::initializer_list<size_name> names)
        : Recipe(with_common_keys(files, names), options) {
        this->config.epsilon = 1e-5f;
        this->config.tied = files.config.get_or("tie_word_embeddings", true);
        this->divide_width();
    }

protected:
    typename Recipe::layer_names names() const override {
        return {.attention_norm = "self_attn_layer_norm",
                .out = "out_proj",
                .feed_forward_norm = "final_layer_norm",
                .feed_forward = ""};
    }
    typename Recipe::biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true}; }
    std::vector<position::rope_options> ropes() const override { return {}; }
    index_t rotary(index_t) const override { return -1; }
    norm::any norm(const std::string& name, index_t width) const override { return this->layer_norm(name, width); }
    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return this->plain_feed_forward(at + "fc1", at + "fc2", ops::activation_from(this->config.activation));
    }

    // A block of a decoder with a sublayer for the source between its two.
    model::block with_source(model::block b, index_t i, model::cross_attention source) const {
        const std::string norm_name = this->layer_name(i) + "encoder_attn_layer_norm";
        b.sublayers.insert(b.sublayers.begin() + 1,
                           {.before = norm(norm_name, this->config.hidden), .mixer = std::move(source)});
        return b;
    }

    // Added to the embedding.
    virtual position::any positions() const = 0;

    void embed(model::stack& parts) const override {
        Recipe::embed(parts);
        parts.positions = positions();
    }

    // The first rows of most tables belong to padding.
    static constexpr index_t first_position = 2;

    index_t position_count() const { return size_key(this->json(), "max_position_embeddings"); }
    position::learned learned(const std::string& name, index_t first) const {
        return {this->tensors().matrix(name, position_count() + first, this->config.hidden), first};
    }
    void scale_embedding(bool when_absent) {
        const bool scales = this->json().get_or("scale_embedding", when_absent);
        this->config.embedding_factor = scales ? std::sqrt(float(this->config.hidden)) : 1.0f;
    }

    // From 1 to 1/10000, in steps that are rounded as fairseq rounds them.
    std::vector<float> frequencies() const {
        const index_t half = half_width();
        const float step = static_cast<float>(std::log(10000.0) / double(half - 1));
        std::vector<float> f;
        for (index_t i = 0; i < half; ++i) f.push_back(static_cast<float>(std::exp(-double(float(i) * step))));
        return f;
    }

    // Of sines and cosines: each has half of the width.
    index_t half_width() const {
        const index_t half = this->config.hidden / 2;
        if (this->config.hidden % 2 != 0 || half < 2)
            throw error(errc::unsupported, "sinusoidal positions need an even width",
                        {.subject = "d_model", .found = std::to_string(this->config.hidden)});
        return half;
    }
};

// Norms of the sums, as in the first transformer, instead of norms before the sublayers.
inline model::block with_norms_of_sums(model::block b) {
    for (model::residual& r : b.sublayers) r.of_sum = std::exchange(r.before, norm::identity{});
    return b;
}

}
