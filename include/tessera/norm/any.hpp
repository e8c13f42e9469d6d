// Whichever norm a layer has: known when the model is loaded, visited once per call; over whole rows or over each head.
#pragma once

#include <variant>

#include "tessera/norm/identity.hpp"
#include "tessera/norm/layer.hpp"
#include "tessera/norm/rms.hpp"

namespace tessera::inline TESSERA_ABI::norm {

using any = std::variant<identity, layer, rms, layer_per_head, rms_per_head>;

inline bool is_identity(const any& n) { return std::holds_alternative<identity>(n); }

// f(x, y, head) for each piece of `width` columns of each row; the rows are cut into as many heads as fit.
template <class F>
void for_heads(view<const float> x, view<float> y, index_t width, exec::executor_ref run, F f) {
    assert(x.extents() == y.extents() && width > 0 && x.extent(1) % width == 0);
    const index_t heads = x.extent(1) / width;
    exec::for_rows(run, x.extent(0), 3 * x.extent(1), [&](index_t r) {
        for (index_t h = 0; h < heads; ++h)
            f(x.data() + r * x.stride(0) + h * width, y.data() + r * y.stride(0) + h * width, h);
    });
}

inline void apply_per_head(const layer_per_head& n, view<const float> x, view<float> y, exec::executor_ref run) {
    const index_t width = n.weight.extent(1);
    assert(x.extent(1) == n.weight.size());
    for_heads(x, y, width, run, [&](const float* from, float* to, index_t head) {
        layer_row(from, to, width, n.weight.data() + head * width, nullptr, n.epsilon);
    });
}

inline void apply_per_head(const rms_per_head& n, view<const float> x, view<float> y, exec::executor_ref run) {
    const index_t width = n.weight.extent(1);
    assert(x.extent(1) == n.weight.size());
    for_heads(x, y, width, run, [&](const float* from, float* to, index_t head) {
        rms_row(from, to, width, n.weight.data() + head * width, n.epsilon);
    });
}

// Over whole rows. x and y: [rows, width]; y may be x.
inline void apply(const any& n, view<const float> x, view<float> y, exec::executor_ref run) {
    std::visit(
        [&](const auto& of_kind) {
            if constexpr (requires { of_kind(x, y, run); }) {
                of_kind(x, y, run);
            } else {
                apply_per_head(of_kind, x, y, run);
            }
        },
        n);
}

// Over each piece as wide as the weight: every head when the weight is [head_dim], the row when it is as wide as that.
// x and y: [rows, heads · head_dim]; y may be x.
inline void apply_per_head(const any& n, view<const float> x, view<float> y, exec::executor_ref run) {
    if (const auto* of_layer = std::get_if<layer>(&n); of_layer != nullptr && of_layer->weight.size() != 0) {
        const index_t width = of_layer->weight.size();
        for_heads(x, y, width, run, [&](const float* from, float* to, index_t) { of_layer->row(from, to, width); });
    } else if (const auto* of_rms = std::get_if<rms>(&n); of_rms != nullptr && of_rms->weight.size() != 0) {
        const index_t width = of_rms->weight.size();
        for_heads(x, y, width, run, [&](const float* from, float* to, index_t) { of_rms->row(from, to, width); });
    } else {
        apply(n, x, y, run);
    }
}

}
