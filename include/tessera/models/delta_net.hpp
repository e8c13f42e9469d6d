// What the families with Gated DeltaNet have in common: its sizes in a configuration, and layers that attend.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tessera/model/delta_net.hpp"
#include "tessera/models/mamba.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct delta_shape {
    index_t key_heads, heads, key_dim, value_dim, taps = 4;

    index_t channels() const { return 2 * key_heads * key_dim + heads * value_dim; }
};

// From linear_num_key_heads and so on.
inline delta_shape delta_shape_of(const io::json& config, const delta_shape& otherwise) {
    const delta_shape s{.key_heads = size_key(config, "linear_num_key_heads", otherwise.key_heads),
                        .heads = size_key(config, "linear_num_value_heads", otherwise.heads),
                        .key_dim = size_key(config, "linear_key_head_dim", otherwise.key_dim),
                        .value_dim = size_key(config, "linear_value_head_dim", otherwise.value_dim),
                        .taps = size_key(config, "linear_conv_kernel_dim", otherwise.taps)};
    if (s.heads % s.key_heads != 0)
        throw error(errc::format, "value heads cannot share key heads evenly",
                    {.subject = "linear_num_key_heads",
                     .expected = "a divisor of " + std::to_string(s.heads),
                     .found = std::to_string(s.key_heads)});
    return s;
}

inline model::delta_net delta_net_of(const delta_shape& s) {
    model::delta_net m;
    m.key_heads = s.key_heads;
    m.heads = s.heads;
    m.key_dim = s.key_dim;
    m.value_dim = s.value_dim;
    return m;
}

// Whether a layer has attention: as listed, or else the last of every so many.
inline bool attends(const io::json& config, index_t layer, index_t interval) {
    if (const io::json* types = present(config, "layer_types"); types != nullptr)
        return types->at(layer).as_string("layer_types") == "full_attention";
    return (layer + 1) % interval == 0;
}

// -e^A_log for each head.
inline tensor<float, 1> negative_rates(const weights& tensors, const std::string& name, index_t heads) {
    tensor<float, 1> a = tensors.elements(name, heads);
    for (float& x : a.flat()) x = -std::exp(x);
    return a;
}

// One convolution of several, one beside the other: of `name`, or of what queries, keys and values have for themselves.
inline conv::causal delta_conv(const weights& tensors, const std::string& at, const delta_shape& s,
                               const ops::any_activation& activation) {
    if (tensors.has(at + "conv1d.weight"))
        return causal_conv(tensors, at + "conv1d", s.channels(), s.taps, false, activation);
    conv::causal all{tensor<float>({s.taps, s.channels()}), tensor<float, 1>({s.channels()}), activation};
    const index_t keys = s.key_heads * s.key_dim, values = s.heads * s.value_dim;
    const auto join = [&](const std::string& name, range columns) {
        const tensor<float> one = tensors.transposed_matrix(at + name + ".weight", columns.size(), s.taps);
        ops::copy(one, all.weight.view().columns(columns));
    };
    join("q_conv1d", {0, keys});
    join("k_conv1d", {keys, 2 * keys});
    join("v_conv1d", {2 * keys, 2 * keys + values});
    return all;
}

}
