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
#include "tessera/model/per_layer_rows.hpp"
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
    std::optional<per_layer_rows> beside{};        // rows for each layer beside the residual stream
    std::shared_ptr<const stream_ends> streams{};  // where there are several of it
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

// x: [rows, hidden], or as many times that as there are streams; all: the rows beside it of all layers, if any.
inline void run_blocks(const stack& model, view<float> x, view<const float> all, const step& s, attend_ref attend) {
    const range first{0, model.config.hidden};
    for (index_t layer = 0; layer < index_t(model.layers.size()); ++layer) {
        const view<const float> beside = model.beside ? model.beside->of(all, layer) : all;
        run_block(model.layers[std::size_t(layer)], x, {s, layer, model.ropes, attend, beside});
        if (s.watch != nullptr && !s.memory.is_measuring()) s.watch->hidden(layer, x.columns(first));
    }
}

// x: [rows, hidden], from the embedding through all layers; not yet normalised.
inline void run_layers(const stack& model, view<float> x, const step& s, attend_ref attend) {
    const workspace::frame scratch(s.memory);
    finish_embedding(model, x, s);
    const view<const float> all = model.beside ? model.beside->compute(x, s) : view<const float>();
    if (model.streams == nullptr) return run_blocks(model, x, all, s, attend);
    const view<float> streams = s.memory.take<float>(x.extent(0), model.streams->count() * x.extent(1));
    model.streams->spread(x, streams, s);
    run_blocks(model, streams, all, s, attend);
    model.streams->join(streams, x, s);
}

// The same, of the batch's tokens.
inline void run_stack(const stack& model, view<float> x, const step& s, attend_ref attend) {
    embed_tokens(model, x, s);
    run_layers(model, x, s, attend);
}

inline index_t stack_bytes(const stack& model) {
    index_t bytes = model.tokens.bytes() + (model.project_in ? model.project_in->bytes() : 0);
    if (model.reader != nullptr) bytes += model.reader->bytes();
    if (model.beside) bytes += model.beside->bytes();
    if (model.streams != nullptr) bytes += model.streams->bytes();
    for (const block& b : model.layers) bytes += b.bytes();
    return bytes;
}

}
