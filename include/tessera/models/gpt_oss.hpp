// gpt-oss: attention with sinks, within a window in every other layer, and mixtures of clamped experts with biases.
#pragma once

#include "tessera/attention/sink.hpp"
#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gpt_oss : llama {
    static constexpr std::string_view model_types[] = {"gpt_oss"};

    explicit gpt_oss(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(8);
        assume_head_dim(64);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        config.windows = windows_of(c, config.layers, window_key(c, 128), [](index_t i) { return i % 2 == 0; });
    }

    auto scores(const model::decoder_config& c, index_t layer) const {
        return causal_scores(c, layer) &
               attention::sinks(tensors().vector(layer_name(layer) + names().attention + "sinks", config.heads));
    }

protected:
    biases biased() const override {
        const bool attention = json().get_or("attention_bias", true);
        return {.qkv = attention, .out = attention};
    }

    std::vector<position::rope_options> ropes() const override {
        position::rope_options o = rope_options(json(), config, {.theta = 150000.0});
        if (rope_object(json(), {}) == nullptr) {
            o.scaling = position::rope_scaling::yarn;
            o.factor = 32.0;
            o.original_length = 4096;
            o.truncate = false;
        }
        return {o};
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const mixture_sizes sizes = mixture_of(json());
        const index_t width = config.feed_forward, hidden = config.hidden, count = sizes.experts;
        const std::string all = at + "experts.";
        const tensor<float> in_biases = tensors().matrix(all + "gate_up_proj_bias", count, 2 * width);
        const tensor<float> out_biases = tensors().matrix(all + "down_proj_bias", count, hidden);
        return mixture(sizes, tensors().affine(at + "router", count, hidden, true), ffn::top_scores{.normalised = true},
                       [&](index_t e) {
                           const expert_map in{all + "gate_up_proj", {e, count}, 2 * width, hidden};
                           return ffn::clamped_gated{
                               map(in, 0, 2, &in_biases(e, 0)), map(in, 1, 2, &in_biases(e, 0)),
                               map({all + "down_proj", {e, count}, hidden, width}, 0, 1, &out_biases(e, 0)),
                               float_key(json(), "swiglu_alpha", 1.702), float_key(json(), "swiglu_limit", 7.0)};
                       });
    }

private:
    struct expert_map {
        std::string name;
        models::weights::place at;
        index_t outputs, inputs;
    };

    // Every step-th output: gate and up take turns in one tensor.
    gemm::affine map(const expert_map& m, index_t first, index_t step, const float* b) const {
        gemm::affine a = tensors().has(m.name)
                             ? tensors().transposed_slice(m.name, m.at, {first, m.outputs}, step, m.outputs, m.inputs)
                             : mxfp4_map(m, first, step);
        for (index_t i = 0; i < a.outputs(); ++i) a.b.data()[i] = b[first + i * step];
        return a;
    }

    // 4-bit numbers in _blocks [experts, outputs, inputs / 32, 16], neighbours in a byte, and exponents in _scales
    // [experts, outputs, inputs / 32].
    gemm::affine mxfp4_map(const expert_map& m, index_t first, index_t step) const {
        const index_t groups = m.inputs / quant::group_size, rows = ceil_div(m.outputs - first, step);
        const auto codes = tensors().bytes_of(m.name + "_blocks", m.at.count, m.outputs, groups, 16);
        const auto scales = tensors().bytes_of(m.name + "_scales", m.at.count, m.outputs, groups);
        std::vector<quant::mxfp4::block> blocks;
        for (index_t row = first; row < m.outputs; row += step)
            for (index_t g = 0; g < groups; ++g) {
                const std::size_t n = std::size_t((m.at.which * m.outputs + row) * groups + g);
                blocks.push_back(quant::mxfp4_of_pairs(codes.subspan(16 * n).first<16>(), scales[n]));
            }
        return tensors().made(m.name + "_blocks",
                              {quant::storage::mxfp4, 2, {rows, m.inputs}, std::as_bytes(std::span(blocks))});
    }
};

}
