// BitNet b1.58: weights of -1, 0 and 1 times a scale, and norms before the last product of each sublayer. They are
// unpacked as they are loaded; what they are multiplied with is not rounded to 8 bits.
#pragma once

#include <cmath>
#include <optional>

#include "tessera/model/normed_gated.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct bitnet : llama {
    static constexpr std::string_view model_types[] = {"bitnet"};

    explicit bitnet(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(5);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        config.activation = c.get_or("hidden_act", "relu2");
        const io::json* quantised = present(c, "quantization_config");
        if (quantised == nullptr) return;
        require_option(*quantised, "use_rms_norm", false);
        divides_ = quantised->get_or("linear_class", "bitlinear") == "bitlinear";
        rounded_when_loaded_ = quantised->get_or("quantization_mode", "offline") == "online";
    }

protected:
    rope_defaults rope_assumed() const override { return {.theta = 5e5}; }

    model::self_attention attention(const std::string& at, index_t i) const override {
        const index_t q = config.heads * config.head_dim, kv = config.kv_heads * config.head_dim;
        model::self_attention a;
        a.heads = heads();
        a.q = ternary(at + names().q, q, config.hidden, biased().qkv);
        a.k = ternary(at + names().k, kv, config.hidden, biased().qkv);
        a.v = ternary(at + names().v, kv, config.hidden, biased().qkv);
        a.out = ternary(at + names().out, config.hidden, q, biased().out);
        a.out_norm = norm(at + "attn_sub_norm", q);
        a.rotary = rotary(i);
        return a;
    }

    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const index_t width = config.feed_forward, hidden = config.hidden;
        return model::normed_gated{
            {ternary(at + "gate_proj", width, hidden, false), ternary(at + "up_proj", width, hidden, false),
             ternary(at + "down_proj", hidden, width, false), ops::activation_from(config.activation)},
            norm(at + "ffn_sub_norm", width)};
    }

private:
    gemm::affine ternary(const std::string& name, index_t outputs, index_t inputs, bool with_bias) const {
        gemm::affine map = with_weight(name, outputs, inputs);
        if (with_bias) map.b = tensors().vector(name + ".bias", outputs);
        return map;
    }

    gemm::affine with_weight(const std::string& name, index_t outputs, index_t inputs) const {
        const bool packed = tensors().has(name + ".weight_scale");
        if (!packed && !rounded_when_loaded_) return tensors().affine(name, outputs, inputs, false);
        const tensor<float> w = packed ? unpacked(name, outputs, inputs) : rounded(name, outputs, inputs);
        return tensors().narrowed(name + ".weight", w);
    }

    // A byte holds the numbers of four rows, each 1 more than it is, that lie a quarter of the matrix apart; files may
    // also hold the numbers themselves.
    tensor<float> unpacked(const std::string& name, index_t outputs, index_t inputs) const {
        const float stored = tensors().scalar(name + ".weight_scale"), scale = divides_ ? 1.0f / stored : stored;
        tensor<float> w({outputs, inputs});
        if (tensors().rows_of(name + ".weight") * 4 != outputs) {
            w = tensors().matrix(name + ".weight", outputs, inputs);
            for (float& x : w.flat()) x *= scale;
            return w;
        }
        const index_t quarter = outputs / 4;
        const std::span<const std::byte> bytes = tensors().bytes_of(name + ".weight", quarter, inputs);
        for (index_t r = 0; r < outputs; ++r)
            for (index_t c = 0; c < inputs; ++c) {
                const unsigned four = unsigned(bytes[std::size_t(r % quarter * inputs + c)]);
                w(r, c) = (float(four >> (r / quarter * 2) & 3u) - 1.0f) * scale;
            }
        return w;
    }

    // Each weight as the nearest of -1, 0 and 1 times the mean size of all.
    tensor<float> rounded(const std::string& name, index_t outputs, index_t inputs) const {
        tensor<float> w = tensors().matrix(name + ".weight", outputs, inputs);
        double sum = 0.0;
        for (const float x : w.flat()) sum += std::fabs(double(x));
        const float scale = std::max(static_cast<float>(sum / double(w.size())), 1e-5f);
        for (float& x : w.flat()) x = std::min(1.0f, std::max(-1.0f, std::nearbyint(x / scale))) * scale;
        return w;
    }

    bool rounded_when_loaded_ = false;
    bool divides_ = false;  // products are divided by the stored scale
};

}
