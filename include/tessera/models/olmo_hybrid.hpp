// OLMo Hybrid: Gated DeltaNet in place of most layers' attention; norms come before those layers' sublayers, and after
// the others'.
#pragma once

#include <string>
#include <vector>

#include "tessera/models/delta_net.hpp"
#include "tessera/models/olmo2.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct olmo_hybrid : olmo2 {
    static constexpr std::string_view model_types[] = {"olmo_hybrid"};

    explicit olmo_hybrid(const checkpoint& files, const load_options& options = {}) : olmo2(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-6);
    }

protected:
    // A base of null is no rotary position.
    index_t rotary(index_t) const override {
        const io::json* rope = rope_object(json(), {});
        const io::json& holder = rope != nullptr ? *rope : json();
        return holder.has("rope_theta") && present(holder, "rope_theta") == nullptr ? -1 : 0;
    }
    std::vector<position::rope_options> ropes() const override {
        return rotary(0) < 0 ? std::vector<position::rope_options>{} : olmo2::ropes();
    }

    model::block layer(index_t i) const override {
        const std::string at = layer_name(i);
        const norm::any second = either_norm(at, "feedforward_layer_norm", "post_attention_layernorm");
        model::any_mixer last = feed_forward(at + names().feed_forward, i);
        if (attends_here(i))
            return {{{.mixer = attention(at + names().attention, i), .after = second},
                     {.mixer = last, .after = norm(at + names().norm_after_feed_forward, config.hidden)}}};
        return {{{.before = either_norm(at, "attention_layer_norm", "input_layernorm"),
                  .mixer = delta(at + "linear_attn.")},
                 {.before = second, .mixer = last}}};
    }

private:
    // Where the file lists none, every fourth, or else the last.
    bool attends_here(index_t i) const {
        const bool few = present(json(), "layer_types") == nullptr && config.layers < 4;
        return attends(json(), i, few ? config.layers : 4);
    }

    // Under the name in the first files, or the one in later ones.
    norm::any either_norm(const std::string& at, const std::string& first, const std::string& later) const {
        return norm(at + (tensors().has(at + first + ".weight") ? first : later), config.hidden);
    }

    delta_shape shape() const {
        const index_t key_heads = size_key(json(), "linear_num_key_heads", config.heads);
        const index_t key_dim =
            size_key(json(), "linear_key_head_dim", std::max<index_t>(1, 3 * config.hidden / (4 * key_heads)));
        return delta_shape_of(
            json(), {.key_heads = key_heads, .heads = config.heads, .key_dim = key_dim, .value_dim = 2 * key_dim});
    }

    model::delta_net delta(const std::string& at) const {
        const delta_shape s = shape();
        const index_t keys = s.key_heads * s.key_dim, values = s.heads * s.value_dim, hidden = config.hidden;
        model::delta_net m = delta_net_of(s);
        m.q = tensors().affine(at + "q_proj", keys, hidden, false);
        m.k = tensors().affine(at + "k_proj", keys, hidden, false);
        m.v = tensors().affine(at + "v_proj", values, hidden, false);
        m.conv = delta_conv(tensors(), at, s, ops::activation_from(config.activation));
        m.decay.high = tensors().affine(at + "a_proj", s.heads, hidden, false);
        m.decay.high.b = tensors().vector(at + "dt_bias", s.heads);
        m.rates = negative_rates(tensors(), at + "A_log", s.heads);
        m.gain = tensors().affine(at + "b_proj", s.heads, hidden, false);
        m.most = json().get_or("linear_allow_neg_eigval", true) ? 2.0f : 1.0f;
        m.gate.high = tensors().affine(at + "g_proj", values, hidden, false);
        m.norm = norm::rms{tensors().vector(at + "o_norm.weight", s.value_dim), 1e-5f};  // whatever the file says
        m.out = tensors().affine(at + "o_proj", hidden, values, false);
        return m;
    }
};

}
