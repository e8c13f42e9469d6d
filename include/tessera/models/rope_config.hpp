// Rotary positions as config.json spells them: rope_parameters, or rope_theta with rope_scaling as older files have it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tessera/model/decoder_config.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/position/rope_scaling.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What a family assumes where the file says nothing.
struct rope_defaults {
    double theta = 1e4;
    double fraction = 1.0;                                    // of the head that turns
    bool interleaved = false;                                 // neighbours are pairs
    std::string_view theta_key = "rope_theta";                // in older files
    std::string_view fraction_key = "partial_rotary_factor";  // in older files
    std::string_view scaling_key = "rope_scaling";            // in older files; empty: such layers are never scaled
    std::string_view kind{};                                  // layers with a set of their own within rope_parameters
};

// The object that says how positions are stretched; null when there is none.
inline const io::json* rope_object(const io::json& config, const rope_defaults& defaults) {
    if (const io::json* all = present(config, "rope_parameters"); all != nullptr) {
        if (defaults.kind.empty() || !all->has(defaults.kind)) return all;
        return present(*all, defaults.kind);
    }
    return defaults.scaling_key.empty() ? nullptr : present(config, defaults.scaling_key);
}

inline std::vector<float> factors_of(const io::json& rope, std::string_view key) {
    return present(rope, key) == nullptr ? std::vector<float>{} : rope.get<std::vector<float>>(key);
}

// Everything that a scaling may say, from its object.
inline void read_scaling(position::rope_options& o, const io::json& rope, const io::json& config, index_t trained) {
    o.scaling = position::rope_scaling_from(rope.get_or("rope_type", rope.get_or("type", "default")));
    o.interleaved = rope.get_or("rope_interleaved", o.interleaved);
    o.original_length = size_key(rope, "original_max_position_embeddings", trained);
    if (o.scaling == position::rope_scaling::longrope)
        o.original_length = size_key(config, "original_max_position_embeddings", o.original_length);
    o.factor =
        rope.get_or("factor", o.scaling == position::rope_scaling::yarn || o.scaling == position::rope_scaling::longrope
                                  ? double(trained) / double(o.original_length)
                                  : 1.0);
    o.attention_factor = rope.get_or("attention_factor", 0.0);
    o.beta_fast = rope.get_or("beta_fast", 32.0);
    o.beta_slow = rope.get_or("beta_slow", 1.0);
    o.mscale = rope.get_or("mscale", 0.0);
    o.mscale_all_dim = rope.get_or("mscale_all_dim", 0.0);
    o.truncate = rope.get_or("truncate", true);
    o.low_frequency = rope.get_or("low_freq_factor", 1.0);
    o.high_frequency = rope.get_or("high_freq_factor", 4.0);
    o.short_factors = factors_of(rope, "short_factor");
    o.long_factors = factors_of(rope, "long_factor");
}

// Frequencies of the whole head, of which this part turns.
inline void set_proportion(position::rope_options& o, index_t head_dim, double fraction) {
    o.scaling = position::rope_scaling::proportional;
    o.dim = head_dim;
    o.turning = 2 * static_cast<index_t>(double(head_dim) * fraction / 2.0);
}

// The context that is planned for decides what dynamic and longrope do.
inline position::rope_options rope_options(const io::json& config, const model::decoder_config& c,
                                           const rope_defaults& defaults = {}) {
    const index_t trained = size_key(config, "max_position_embeddings", 2048);
    const io::json* rope = rope_object(config, defaults);
    position::rope_options o;
    o.theta = config.get_or(defaults.theta_key, defaults.theta);
    o.interleaved = defaults.interleaved;
    double fraction = config.get_or(defaults.fraction_key, defaults.fraction);
    if (rope != nullptr) {
        read_scaling(o, *rope, config, trained);
        o.theta = rope->get_or("rope_theta", o.theta);
        fraction = rope->get_or("partial_rotary_factor", fraction);
    }
    o.dim = static_cast<index_t>(double(c.head_dim) * fraction);
    if (o.scaling == position::rope_scaling::proportional) set_proportion(o, c.head_dim, fraction);
    o.planned_length = c.context;
    return o;
}

// For families that stretch positions as Llama 3 does unless the file says how; rope_theta alone does not.
inline position::rope_options rope_options_or_llama3(const io::json& config, const model::decoder_config& c,
                                                     double theta, double factor) {
    position::rope_options o = rope_options(config, c, {.theta = theta});
    if (rope_object(config, {}) != nullptr) return o;
    o.theta = theta;
    o.scaling = position::rope_scaling::llama3;
    o.factor = factor;
    o.original_length = 8192;
    return o;
}

// Of models that carry on a state of one size, whatever the length.
inline constexpr index_t endless_context = index_t(1) << 18;

// Positions to prepare for when the caller does not say: all that the model was made for. Where the method depends on
// the length, that is the length up to which text is read as in training.
inline index_t default_context(const io::json& config) {
    const index_t trained = size_key(config, "max_position_embeddings", 2048);
    const io::json* rope = rope_object(config, {});
    if (rope == nullptr) return trained;
    position::rope_options o;
    read_scaling(o, *rope, config, trained);
    return o.scaling == position::rope_scaling::longrope ? o.original_length : trained;
}

}
