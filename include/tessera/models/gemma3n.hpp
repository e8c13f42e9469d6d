// Gemma 3n: several residual streams, an input of each layer's own, later layers that attend to the keys and values of
// earlier ones, and feed-forwards of a width and a sparsity of each layer's own.
#pragma once

#include <algorithm>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "tessera/ffn/sparse_gated.hpp"
#include "tessera/model/altup.hpp"
#include "tessera/model/laurel.hpp"
#include "tessera/model/mixer_sum.hpp"
#include "tessera/models/per_layer_gemma.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Layers of which each is as wide as a list says are sizes of one model within another (MatFormer).
class gemma3n_widths {
public:
    explicit gemma3n_widths(const io::json& config) {
        const std::string_view key = "intermediate_size";
        const index_t layers = size_key(config, "num_hidden_layers");
        const io::json* listed = present(config, key);
        if (listed == nullptr || !listed->is_array()) {
            widths_.assign(std::size_t(layers), size_key(config, key, 16384));
            return;
        }
        for (const io::json& width : listed->as_array(key)) widths_.push_back(checked_size(width.as_int(key), key));
        check_length(widths_.size(), layers, key);
    }

    index_t of(index_t layer) const { return widths_[std::size_t(layer)]; }

    // The checkpoint with the largest width in place of a list.
    checkpoint largest(checkpoint files) const {
        const index_t most = *std::max_element(widths_.begin(), widths_.end());
        return with_key(std::move(files), "intermediate_size", most);
    }

private:
    std::vector<index_t> widths_;
};

struct gemma3n : per_layer_gemma {
    static constexpr std::string_view model_types[] = {"gemma3n_text", "gemma3n"};

    explicit gemma3n(const checkpoint& files, const load_options& options = {})
        : gemma3n(text_part(files), options, gemma3n_widths(text_part(files).config)) {}

protected:
    void embed(model::stack& parts) const override {
        per_layer_gemma::embed(parts);
        std::vector<gemm::affine> out, back;
        for (index_t i = 0; i + 1 < streams(); ++i) {
            const std::string number = std::to_string(i);
            out.push_back(square("model.altup_projections." + number));
            back.push_back(square("model.altup_unembed_projections." + number));
        }
        parts.streams = std::make_shared<const model::altup_ends>(std::move(out), std::move(back));
    }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        const float half = std::numbers::sqrt2_v<float> / 2.0f;
        model::block b{.sublayers = {{.before = norm(at + names().attention_norm, config.hidden),
                                      .mixer = attention_and_laurel(at, i),
                                      .factor = half,
                                      .keep = half},
                                     {.before = norm(at + names().feed_forward_norm, config.hidden),
                                      .mixer = feed_forward(at + names().feed_forward, i),
                                      .after = norm(at + names().norm_after_feed_forward, config.hidden)}}};
        b.around = std::make_shared<const model::altup>(streams_around(at));
        return b;
    }

    model::any_mixer feed_forward(const std::string& at, index_t layer) const override {
        ffn::gated f = gated(at, widths_.of(layer));
        const float sparsity = sparsity_of(layer);
        if (sparsity <= 0.0f) return f;
        return ffn::sparse_gated{std::move(f), static_cast<float>(ffn::normal_quantile(double(sparsity)))};
    }

private:
    gemma3n(const checkpoint& text, const load_options& options, gemma3n_widths widths)
        : per_layer_gemma(widths.largest(text), options, {.pattern = 5, .shared = 15}), widths_(std::move(widths)) {
        assume_kv_heads(2);
        size_key(text.config, "hidden_size_per_layer_input", 256);  // is not nothing
        config.logit_softcap = softcap_key(text.config, "final_logit_softcapping", 30);
    }

    index_t streams() const { return size_key(json(), "altup_num_inputs", 4); }
    gemm::affine square(const std::string& name) const {
        return tensors().affine(name, config.hidden, config.hidden, false);
    }

    // The norm after attention is of attention alone.
    model::mixer_sum attention_and_laurel(const std::string& at, index_t i) const {
        const index_t rank = size_key(json(), "laurel_rank", 64);
        model::mixer_sum sum;
        sum.kind = "attention";
        sum.terms.push_back({.mixer = mixer(at + names().attention, i),
                             .after = norm(at + names().norm_after_attention, config.hidden)});
        sum.terms.push_back(
            {.mixer = model::laurel{tensors().affine(at + "laurel.linear_left", rank, config.hidden, false),
                                    tensors().affine(at + "laurel.linear_right", config.hidden, rank, false),
                                    norm(at + "laurel.post_laurel_norm", config.hidden)}});
        return sum;
    }

    model::altup streams_around(const std::string& layer) const {
        const std::string at = layer + "altup.";
        const index_t n = streams(), hidden = config.hidden;
        model::altup a;
        a.active = checked_size(json().get_or("altup_active_idx", std::int64_t(0)), "altup_active_idx", 0, n - 1);
        a.router_norm = norm(at + "router_norm", hidden);
        a.router = tensors().affine(at + "modality_router", n, hidden, false);
        a.prediction = tensors().affine(at + "prediction_coefs", n * n, n, false);
        a.correction = tensors().affine(at + "correction_coefs", n, n, false);
        a.for_others = layer_input(layer);
        if (json().get_or("altup_correct_scale", true)) a.scale = tensors().vector(at + "correct_output_scale", hidden);
        a.after = norm(layer + "post_per_layer_input_norm", hidden);
        return a;
    }

    // The part of a row of the gate that is left out, of the first ten layers where the file does not say.
    float sparsity_of(index_t layer) const {
        const std::string_view key = "activation_sparsity_pattern";
        const io::json* listed = present(json(), key);
        if (listed == nullptr) return layer < 10 && config.layers > 10 ? 0.95f : 0.0f;
        check_length(listed->size(), config.layers, key);
        const double part = listed->at(layer).as<double>(key);
        if (!(part < 1.0))
            throw error(errc::format, "the value is out of range",
                        {.subject = std::string(key), .expected = "less than 1", .found = std::to_string(part)});
        return static_cast<float>(part);
    }

    gemma3n_widths widths_;
};

}
