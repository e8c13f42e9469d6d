// wav2vec 2.0 and HuBERT with a head for connectionist temporal classification: encoders of sound as it is sampled.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tessera/attention/full.hpp"
#include "tessera/model/wave_reader.hpp"
#include "tessera/models/fairseq.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct wav2vec2 : fairseq<scoring_recipe> {
    static constexpr std::string_view model_types[] = {"wav2vec2"};

    explicit wav2vec2(const checkpoint& files, const load_options& options = {},
                      const std::string& prefix = "wav2vec2.")
        : fairseq(files, options,
                  {{"vocab_size", "vocab_size", 32},
                   {"hidden_size", "hidden_size", 768},
                   {"num_hidden_layers", "num_hidden_layers", 12},
                   {"num_attention_heads", "num_attention_heads", 12},
                   {"intermediate_size", "intermediate_size", 3072}}),
          prefix_(prefix) {
        const io::json& c = files.config;
        require_option(c, "add_adapter", false);
        require_option(c, "conv_pos_batch_norm", false);
        if (present(c, "adapter_attn_dim") != nullptr)
            throw error(errc::unsupported, "adapters for languages are not known here",
                        {.subject = "adapter_attn_dim"});
        config.tied = false;
        config.epsilon = float_key(c, "layer_norm_eps", 1e-5);
        config.activation = c.get_or("hidden_act", "gelu");
        config.pad_token = static_cast<token_t>(c.get_or("pad_token_id", std::int64_t(0)));
    }

    static auto scores(const model::decoder_config&, index_t) { return attention::full{}; }

protected:
    layer_names names() const override {
        return {.attention_norm = "layer_norm",
                .attention = "attention.",
                .out = "out_proj",
                .feed_forward_norm = "final_layer_norm",
                .feed_forward = "feed_forward."};
    }
    std::string layer_name(index_t i) const override { return prefix_ + "encoder.layers." + std::to_string(i) + "."; }
    biases biased() const override { return {.qkv = true, .out = true, .feed_forward = true, .head = true}; }
    position::any positions() const override { return position::none{}; }

    // The norm of the encoder comes first, where those of the layers are of their sums, or last.
    void embed(model::stack& parts) const override {
        parts.reader = std::make_shared<model::wave_reader>(model::sound_reader(stages(), 0), feature_norm(),
                                                            projection(), neighbours());
        if (!norms_come_first()) parts.embedding_norm = encoder_norm();
    }
    norm::any final_norm() const override { return norms_come_first() ? encoder_norm() : norm::identity{}; }

    model::block layer(index_t i) const override {
        model::block b = fairseq::layer(i);
        return norms_come_first() ? std::move(b) : with_norms_of_sums(std::move(b));
    }
    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        return plain_feed_forward(at + "intermediate_dense", at + "output_dense",
                                  ops::activation_from(config.activation));
    }

    // Of what the convolutions give.
    virtual norm::any feature_norm() const { return norm(prefix_ + "feature_projection.layer_norm", widths().back()); }

    std::vector<index_t> widths() const { return sizes("conv_dim", {512, 512, 512, 512, 512, 512, 512}); }

private:
    bool norms_come_first() const { return json().get_or("do_stable_layer_norm", false); }
    norm::any encoder_norm() const { return norm(prefix_ + "encoder.layer_norm", config.hidden); }
    gemm::affine projection() const {
        return tensors().affine(prefix_ + "feature_projection.projection", config.hidden, widths().back(), true);
    }
    ops::any_activation activation() const {
        return ops::activation_from(json().get_or("feat_extract_activation", "gelu"));
    }

    // A list with a size for each convolution.
    std::vector<index_t> sizes(std::string_view key, std::vector<index_t> otherwise) const {
        const io::json* listed = present(json(), key);
        if (listed == nullptr) return otherwise;
        std::vector<index_t> all;
        for (std::size_t i = 0; i < listed->size(); ++i)
            all.push_back(checked_size(listed->at(index_t(i)).as_int(key), key));
        const std::size_t wanted = key == "conv_dim" ? std::max<std::size_t>(1, all.size()) : widths().size();
        if (all.size() != wanted)
            throw error(
                errc::format, "wrong length",
                {.subject = std::string(key), .expected = std::to_string(wanted), .found = std::to_string(all.size())});
        return all;
    }

    std::vector<model::sound_stage> stages() const {
        const std::vector<index_t> out = widths(), taps = sizes("conv_kernel", {10, 3, 3, 3, 3, 2, 2}),
                                   strides = sizes("conv_stride", {5, 2, 2, 2, 2, 2, 2});
        std::vector<model::sound_stage> all;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::string at = prefix_ + "feature_extractor.conv_layers." + std::to_string(i) + ".";
            const bool biased = json().get_or("conv_bias", false);
            all.push_back(
                {{.map = tensors().convolution(at + "conv", {out[i], i == 0 ? 1 : out[i - 1], taps[i]}, biased),
                  .taps = taps[i],
                  .stride = strides[i]},
                 stage_norm(at + "layer_norm", out[i], i == 0),
                 activation()});
        }
        return all;
    }

    // Over time, of the first convolution alone, or over the channels of each row.
    decltype(model::sound_stage::norm) stage_norm(const std::string& name, index_t width, bool first) const {
        const std::string kind = json().get_or("feat_extract_norm", "group");
        if (kind == "layer")
            return norm::layer{tensors().vector(name + ".weight", width), tensors().vector(name + ".bias", width)};
        if (kind != "group")
            throw error(errc::unsupported, "no such norm",
                        {.subject = "feat_extract_norm", .expected = "group or layer", .found = kind});
        if (!first) return norm::identity{};
        return norm::group{width, tensors().vector(name + ".weight", width), tensors().vector(name + ".bias", width)};
    }

    conv::grouped neighbours() const {
        const std::string at = prefix_ + "encoder.pos_conv_embed.conv";
        const index_t taps = size_key(json(), "num_conv_pos_embeddings", 128), hidden = config.hidden;
        const index_t groups = size_key(json(), "num_conv_pos_embedding_groups", 16), width = hidden / groups;
        if (hidden % groups != 0)
            throw error(errc::format, "groups do not divide the width",
                        {.subject = "num_conv_pos_embedding_groups", .found = std::to_string(groups)});
        const tensor<float> weight = normalised(at, {hidden, width, taps});
        const tensor<float, 1> bias = tensors().vector(at + ".bias", hidden);
        conv::grouped all;
        for (index_t g = 0; g < groups; ++g) {
            tensor<float, 1> b({width});
            std::copy_n(bias.data() + g * width, width, b.data());
            const tensor<float> rows = rows_of(weight, {g * width, (g + 1) * width});
            all.groups.push_back({.map = {gemm::linear::from(rows), std::move(b)},
                                  .taps = taps,
                                  .zeros_before = taps / 2,
                                  .zeros_after = taps - 1 - taps / 2,
                                  .activation = activation()});
        }
        return all;
    }

    static tensor<float> rows_of(const tensor<float>& all, range rows) {
        tensor<float> some({rows.size(), all.extent(1)});
        std::copy_n(&all(rows.begin, 0), some.size(), some.data());
        return some;
    }

    // Checkpoints hold the length of each tap's weights and, apart from it, their direction (Salimans and Kingma 2016).
    tensor<float> normalised(const std::string& at, const weights::taps_shape& s) const {
        const std::string newer = at + ".parametrizations.weight.original";
        const bool is_newer = tensors().has(newer + "1");
        const tensor<float, 1> lengths = tensors().elements(is_newer ? newer + "0" : at + ".weight_g", s.taps);
        tensor<float> w = tensors().taps_of(is_newer ? newer + "1" : at + ".weight_v", s);
        for (index_t tap = 0; tap < s.taps; ++tap) {
            double squares = 0.0;
            const auto each = [&](auto f) {
                for (index_t o = 0; o < s.outputs; ++o)
                    for (index_t c = 0; c < s.channels; ++c) f(w(o, tap * s.channels + c));
            };
            each([&](float x) { squares += double(x) * double(x); });
            const double factor = double(lengths(tap)) / std::sqrt(squares);
            each([&](float& x) { x = static_cast<float>(double(x) * factor); });
        }
        return w;
    }

    std::string prefix_;  // what the names of the encoder begin with
};

// The features may go without their norm.
struct hubert : wav2vec2 {
    static constexpr std::string_view model_types[] = {"hubert"};

    explicit hubert(const checkpoint& files, const load_options& options = {}) : wav2vec2(files, options, "hubert.") {}

protected:
    norm::any feature_norm() const override {
        return json().get_or("feat_proj_layer_norm", true) ? wav2vec2::feature_norm() : norm::identity{};
    }
};

}
