// BART and its relatives: encoder-decoders whose two sides are fairseq's layers. They differ in where norms stand and
// in what positions add to the embedding.
#pragma once

#include "tessera/attention/full.hpp"
#include "tessera/attention/window.hpp"
#include "tessera/models/fairseq.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What a configuration means where it leaves a size out.
struct side_sizes {
    index_t width = 1024, layers = 12, heads = 16, feed_forward = 4096, positions = 1024;
};

// Not a family: norms before the sublayers and a last one, learned positions.
template <class Recipe>
struct bart_side : fairseq<Recipe> {
    bart_side(const checkpoint& files, const load_options& options, const std::string& side, const side_sizes& sizes)
        : fairseq<Recipe>(files, options,
                          {{"d_model", "hidden_size", sizes.width},
                           {side + "_layers", "num_hidden_layers", sizes.layers},
                           {side + "_attention_heads", "num_attention_heads", sizes.heads},
                           {side + "_ffn_dim", "intermediate_size", sizes.feed_forward},
                           {"max_" + side + "_position_embeddings", "max_position_embeddings", sizes.positions}}),
          all_(prefix(files, side)),
          at_(all_ + side + ".") {
        this->config.activation = files.config.get_or("activation_function", "gelu");
        this->scale_embedding(false);
    }

protected:
    // The side's own, or what the sides share, under whichever of its names it was saved.
    std::string embedding_name() const override {
        for (const std::string& name :
             {at_ + "embed_tokens.weight", all_ + "shared.weight", all_ + "encoder.embed_tokens.weight",
              all_ + "decoder.embed_tokens.weight", std::string("lm_head.weight")})
            if (this->tensors().has(name)) return name;
        return all_ + "shared.weight";
    }
    std::string layer_name(index_t i) const override { return at_ + "layers." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return at_ + "layer_norm"; }
    std::string positions_name() const { return at_ + "embed_positions.weight"; }
    position::any positions() const override { return this->learned(positions_name(), this->first_position); }
    norm::any embedding_norm() const { return this->norm(at_ + "layernorm_embedding", this->config.hidden); }

private:
    static std::string prefix(const checkpoint& files, const std::string& side) {
        for (const char* all : {"", "led."})
            if (files.weights.find(all + side + ".layers.0.fc1.weight") != nullptr) return all;
        return "model.";
    }

    std::string all_, at_;  // what the names of both sides and of this side begin with
};

struct bart_encoder_side : bart_side<encoder_recipe> {
    explicit bart_encoder_side(const checkpoint& files, const load_options& options = {}, const side_sizes& sizes = {})
        : bart_side(files, options, "encoder", sizes) {}

    static auto scores(const model::decoder_config&, index_t) { return attention::full{}; }
};

struct bart_decoder_side : bart_side<llama> {
    explicit bart_decoder_side(const checkpoint& files, const load_options& options = {}, const side_sizes& sizes = {})
        : bart_side(files, options, "decoder", sizes) {
        config.begin_tokens = decoder_begin(files);
    }

protected:
    model::block layer(index_t i) const override {
        return with_source(bart_side::layer(i), i, cross_attention(layer_name(i) + "encoder_attn."));
    }

    gemm::affine head() const override {
        gemm::affine map = bart_side::head();
        if (tensors().has("final_logits_bias"))
            std::copy_n(tensors().matrix("final_logits_bias", 1, config.vocabulary).data(), config.vocabulary,
                        map.b.data());
        return map;
    }
};

// --- what a side of a family may change ---

template <class Side>
struct with_embedding_norm : Side {
    using Side::Side;

protected:
    void embed(model::stack& parts) const override {
        Side::embed(parts);
        parts.embedding_norm = this->embedding_norm();
    }
};

// … after each sublayer, and no last one.
template <class Side>
struct with_norms_after : Side {
    using Side::Side;

protected:
    model::block layer(index_t i) const override { return with_norms_of_sums(Side::layer(i)); }
    norm::any final_norm() const override { return norm::identity{}; }
};

// Sines and cosines of the position, as Vaswani et al. (2017) space them.
template <class Side>
struct with_sines : Side {
    using Side::Side;

protected:
    position::any positions() const override {
        const index_t half = this->half_width();
        std::vector<float> f;
        for (index_t i = 0; i < half; ++i)
            f.push_back(static_cast<float>(std::pow(10000.0, -double(i) / double(half))));
        return position::sinusoidal{std::move(f)};
    }
};

// --- families ---

template <class Side>
using bart_layers = with_norms_after<with_embedding_norm<Side>>;

struct bart : bart_layers<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"bart"};
    using encoder = bart_layers<bart_encoder_side>;
    using with_norms_after::with_norms_after;
};

struct mvp : bart {
    static constexpr std::string_view model_types[] = {"mvp"};

    explicit mvp(const checkpoint& files, const load_options& options = {}) : bart(files, options) {
        require_option(files.config, "use_prompt", false);
    }
};

template <class Side>
struct plbart_side : bart_layers<Side> {
    explicit plbart_side(const checkpoint& files, const load_options& options = {})
        : bart_layers<Side>(files, options, {.width = 768, .layers = 6, .heads = 12, .feed_forward = 3072}) {
        this->scale_embedding(true);
    }
};

struct plbart : plbart_side<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"plbart"};
    using encoder = plbart_side<bart_encoder_side>;
    using plbart_side::plbart_side;
};

struct mbart : with_embedding_norm<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"mbart"};
    using encoder = with_embedding_norm<bart_encoder_side>;
    using with_embedding_norm::with_embedding_norm;
};

// The decoder may have a vocabulary of its own.
struct marian : with_norms_after<with_sines<bart_decoder_side>> {
    static constexpr std::string_view model_types[] = {"marian"};
    using encoder = with_norms_after<with_sines<bart_encoder_side>>;

    explicit marian(const checkpoint& files, const load_options& options = {}) : with_norms_after(files, options) {
        if (!files.config.get_or("share_encoder_decoder_embeddings", true))
            config.vocabulary = size_key(files.config, "decoder_vocab_size", config.vocabulary);
    }
};

struct pegasus : with_sines<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"pegasus"};
    using encoder = with_sines<bart_encoder_side>;
    using with_sines::with_sines;
};

// Sines and cosines as fairseq spaces them, from the place after padding's. Also NLLB's.
template <class Side>
struct m2m_100_side : Side {
    explicit m2m_100_side(const checkpoint& files, const load_options& options = {}) : Side(files, options) {
        this->config.activation = files.config.get_or("activation_function", "relu");
        this->scale_embedding(true);
    }

protected:
    position::any positions() const override {
        const auto padding = this->json().get_or("pad_token_id", std::int64_t(1));
        const index_t first = checked_size(padding, "pad_token_id", 0) + 1;
        return position::sinusoidal{this->frequencies(), static_cast<std::int32_t>(first)};
    }
};

struct m2m_100 : m2m_100_side<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"m2m_100"};
    using encoder = m2m_100_side<bart_encoder_side>;
    using m2m_100_side::m2m_100_side;
};

// No rows for padding among the positions.
template <class Side>
struct with_positions_from_0 : Side {
    using Side::Side;

protected:
    position::any positions() const override { return this->learned(this->positions_name(), 0); }
};

inline constexpr side_sizes blenderbot_small_sizes = {
    .width = 512, .layers = 8, .heads = 16, .feed_forward = 2048, .positions = 512};

struct blenderbot_encoder : with_positions_from_0<bart_encoder_side> {
    explicit blenderbot_encoder(const checkpoint& files, const load_options& options = {})
        : with_positions_from_0(files, options, {2560, 2, 32, 10240, 128}) {}
};

struct blenderbot : with_positions_from_0<bart_decoder_side> {
    static constexpr std::string_view model_types[] = {"blenderbot"};
    using encoder = blenderbot_encoder;

    explicit blenderbot(const checkpoint& files, const load_options& options = {})
        : with_positions_from_0(files, options, {2560, 24, 32, 10240, 128}) {}
};

struct blenderbot_small_encoder : bart_layers<with_positions_from_0<bart_encoder_side>> {
    explicit blenderbot_small_encoder(const checkpoint& files, const load_options& options = {})
        : with_norms_after(files, options, blenderbot_small_sizes) {}
};

// Its decoder normalises the embedding, which is not scaled, before positions are added.
struct blenderbot_small : with_norms_after<with_positions_from_0<bart_decoder_side>> {
    static constexpr std::string_view model_types[] = {"blenderbot-small"};
    using encoder = blenderbot_small_encoder;

    explicit blenderbot_small(const checkpoint& files, const load_options& options = {})
        : with_norms_after(files, options, blenderbot_small_sizes) {
        config.embedding_factor = 1.0f;
    }

protected:
    void embed(model::stack& parts) const override {
        with_norms_after::embed(parts);
        parts.token_norm = embedding_norm();
    }
};

// Longformer's attention (Beltagy, Peters and Cohan 2020): a row sees half a window on both sides. No token is global.
struct led_encoder : bart_layers<with_positions_from_0<bart_encoder_side>> {
    explicit led_encoder(const checkpoint& files, const load_options& options = {})
        : with_norms_after(files, options, {.positions = 16384}) {
        config.embedding_factor = 1.0f;
    }

    auto scores(const model::decoder_config&, index_t layer) const {
        const io::json* windows = present(json(), "attention_window");
        const bool listed = windows != nullptr && windows->is_array();
        const index_t size = listed ? windows->at(layer).as_int("attention_window")
                                    : index_t(json().get_or("attention_window", std::int64_t(512)));
        return attention::window{static_cast<std::int32_t>(checked_size(size, "attention_window") / 2 + 1)};
    }

protected:
    layer_names names() const override {
        layer_names n = with_norms_after::names();
        n.q = "longformer_self_attn.query";
        n.k = "longformer_self_attn.key";
        n.v = "longformer_self_attn.value";
        n.out = "output";
        return n;
    }
};

struct led : bart_layers<with_positions_from_0<bart_decoder_side>> {
    static constexpr std::string_view model_types[] = {"led"};
    using encoder = led_encoder;

    explicit led(const checkpoint& files, const load_options& options = {}) : with_norms_after(files, options) {
        config.embedding_factor = 1.0f;
    }
};

}
