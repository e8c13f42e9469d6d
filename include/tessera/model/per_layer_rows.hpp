// Rows for each layer beside the residual stream: a small embedding of the token for every layer and a projection of
// its large one, together, as in Gemma 3n.
#pragma once

#include <numbers>

#include "tessera/gemm/affine.hpp"
#include "tessera/model/embed_rows.hpp"
#include "tessera/norm/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

// (norm(factor · projection(x)) + token_factor · embedding) / √2, the norm over the rows of each layer.
struct per_layer_rows {
    embedding::table tokens;  // [vocabulary, layers · width]
    float token_factor = 1.0f;
    gemm::affine projection;  // [layers · width, hidden]
    float factor = 1.0f;
    norm::any norm;     // over the width
    index_t width = 0;  // of the rows of one layer

    index_t bytes() const { return tokens.bytes() + projection.bytes(); }

    // x: [rows, hidden], the embedding → [rows, layers · width], in memory of the caller's frame.
    view<const float> compute(view<const float> x, const step& s) const {
        const index_t rows = x.extent(0), all = projection.outputs();
        const view<float> y = s.memory.take<float>(rows, all);
        const workspace::frame scratch(s.memory);
        gemm::multiply_into({y, factor}, x, projection, s.memory, s.run);
        const view<float> small = s.memory.take<float>(rows, all);
        if (s.memory.is_measuring()) return y;
        norm::apply_per_head(norm, y, y, s.run);
        gather(s.batch.tokens, small);
        ops::add(y, small, y, s.run);
        ops::scale(y, std::numbers::sqrt2_v<float> / 2.0f, s.run);
        return y;
    }

    // Those of a layer: [rows, width].
    view<const float> of(view<const float> all, index_t layer) const {
        return all.columns({layer * width, (layer + 1) * width});
    }

private:
    // Tokens without an embedding here, and rows that are no tokens, have that of token 0.
    void gather(std::span<const token_t> ids, view<float> to) const {
        for (index_t r = 0; r < to.extent(0); ++r) {
            const token_t given = ids[std::size_t(r)], id = given >= 0 && given < tokens.vocabulary() ? given : 0;
            tokens.gather({&id, 1}, to.slice({r, r + 1}), token_factor);
        }
    }
};

}
