// What encoders and decoders have in common: an embedding, blocks on a residual stream, and a last norm.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tessera/embedding/table.hpp"
#include "tessera/model/block.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/model/embed_rows.hpp"
#include "tessera/model/frames.hpp"
#include "tessera/position/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct stack {
    decoder_config config;
    std::shared_ptr<const void> files;             // keeps mapped weights alive
    embedding::table tokens;                       // [vocabulary, width]; the width is hidden but for project_in
    std::optional<gemm::affine> project_in{};      // [hidden, width of tokens]
    std::shared_ptr<const frame_reader> reader{};  // in place of the tokens, for encoders of frames
    norm::any token_norm = norm::identity{};       // of the embedding alone
    position::any positions = position::none{};    // added to the embedding
    norm::any embedding_norm = norm::identity{};   // of that sum
    std::vector<position::rope> ropes;
    std::vector<block> layers;
    norm::any final_norm = norm::identity{};
};

inline void embed_tokens(const stack& model, view<float> x, const step& s) {
    const auto gather = [&](view<float> to) {
        if (!s.memory.is_measuring()) gather_tokens(model.tokens, to, s.batch, model.config.embedding_factor);
    };
    if (!model.project_in) return gather(x);
    const workspace::frame scratch(s.memory);
    const view<float> narrow = s.memory.take<float>(x.extent(0), model.project_in->inputs());
    if (!s.memory.is_measuring()) ops::fill(narrow, 0.0f);
    gather(narrow);
    gemm::multiply_into({x}, narrow, *model.project_in, s.memory, s.run);
}

// Positions and the norm of the embedding.
inline void finish_embedding(const stack& model, view<float> x, const step& s) {
    if (s.memory.is_measuring()) return;
    norm::apply(model.token_norm, x, x, s.run);
    copy_embedded(x, s.batch);
    position::add(model.positions, x, s.batch.positions);
    norm::apply(model.embedding_norm, x, x, s.run);
    if (s.watch != nullptr) s.watch->hidden(-1, x);
}

// x: [rows, hidden], from the embedding through all layers; not yet normalised.
inline void run_layers(const stack& model, view<float> x, const step& s, attend_ref attend) {
    finish_embedding(model, x, s);
    for (index_t layer = 0; layer < index_t(model.layers.size()); ++layer) {
        run_block(model.layers[std::size_t(layer)], x, {s, layer, model.ropes, attend});
        if (s.watch != nullptr && !s.memory.is_measuring()) s.watch->hidden(layer, x);
    }
}

// The same, of the batch's tokens.
inline void run_stack(const stack& model, view<float> x, const step& s, attend_ref attend) {
    embed_tokens(model, x, s);
    run_layers(model, x, s, attend);
}

inline index_t stack_bytes(const stack& model) {
    index_t bytes = model.tokens.bytes() + (model.project_in ? model.project_in->bytes() : 0);
    if (model.reader != nullptr) bytes += model.reader->bytes();
    for (const block& b : model.layers) bytes += b.bytes();
    return bytes;
}

}
