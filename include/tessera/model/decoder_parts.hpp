// Everything of a decoder that does not depend on its kind of attention, and the pass over it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tessera/cache/layout.hpp"
#include "tessera/embedding/table.hpp"
#include "tessera/model/block.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/position/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct decoder_parts {
    decoder_config config;
    std::shared_ptr<const void> files;            // keeps mapped weights alive
    embedding::table tokens;                      // [vocabulary, width]; the width is hidden but for project_in
    std::optional<gemm::affine> project_in{};     // [hidden, width of tokens]
    position::any positions = position::none{};   // added to the embedding
    norm::any embedding_norm = norm::identity{};  // of that sum
    std::vector<position::rope> ropes;
    std::vector<block> layers;
    norm::any final_norm = norm::identity{};
    std::optional<gemm::affine> project_out{};  // [inputs of head, hidden]
    gemm::affine head;                          // [vocabulary, hidden or what project_out gives]
};

inline void embed_tokens(const decoder_parts& model, view<float> x, const step& s) {
    const auto gather = [&](view<float> to) {
        if (!s.memory.is_measuring()) model.tokens.gather(s.batch.tokens, to, model.config.embedding_factor);
    };
    if (!model.project_in) return gather(x);
    const workspace::frame scratch(s.memory);
    const view<float> narrow = s.memory.take<float>(x.extent(0), model.project_in->inputs());
    gather(narrow);
    gemm::multiply_into({x}, narrow, *model.project_in, s.memory, s.run);
}

inline void embed(const decoder_parts& model, view<float> x, const step& s) {
    embed_tokens(model, x, s);
    if (s.memory.is_measuring()) return;
    position::add(model.positions, x, s.batch.positions);
    norm::apply(model.embedding_norm, x, x, s.run);
    if (s.watch != nullptr) s.watch->hidden(-1, x);
}

// The logits of normalised rows.
inline void score_vocabulary(const decoder_parts& model, view<const float> h, view<float> logits, const step& s) {
    const workspace::frame scratch(s.memory);
    if (model.project_out) {
        const view<float> projected = s.memory.take<float>(h.extent(0), model.project_out->outputs());
        gemm::multiply_into({projected}, h, *model.project_out, s.memory, s.run);
        h = projected;
    }
    gemm::multiply_into({logits, model.config.logit_factor}, h, model.head, s.memory, s.run);
    if (model.config.logit_softcap != 0.0f && !s.memory.is_measuring())
        ops::softcap(logits, model.config.logit_softcap, s.run);
}

// The wanted rows of x, normalised, and their logits.
inline void read_out(const decoder_parts& model, view<const float> x, const outputs& out, const step& s) {
    const timed watch(s.watch, "head", -1);
    const workspace::frame scratch(s.memory);
    const index_t wanted = index_t(s.batch.wanted.size());
    const view<float> h = s.memory.take<float>(wanted, x.extent(1));
    if (!s.memory.is_measuring()) {
        for (index_t i = 0; i < wanted; ++i) ops::copy(x[s.batch.wanted[std::size_t(i)]], h[i]);
        norm::apply(model.final_norm, h, h, s.run);
        if (!out.hidden.empty()) ops::copy(h, out.hidden);
    }
    if (out.logits.extent(0) != 0) score_vocabulary(model, h, out.logits, s);
}

// The pass: embed, layers, final norm, head.
inline void run_decoder(const decoder_parts& model, const outputs& out, const step& s, attend_ref attend) {
    const workspace::frame scratch(s.memory);
    const view<float> x = s.memory.take<float>(s.batch.rows(), model.config.hidden);
    embed(model, x, s);
    for (index_t layer = 0; layer < index_t(model.layers.size()); ++layer) {
        run_block(model.layers[std::size_t(layer)], x, {s, layer, model.ropes, attend});
        if (s.watch != nullptr && !s.memory.is_measuring()) s.watch->hidden(layer, x);
    }
    read_out(model, x, out, s);
}

// A tied embedding counts once, as the head.
inline index_t weight_bytes(const decoder_parts& model) {
    index_t bytes = model.head.bytes() + (model.config.tied ? 0 : model.tokens.bytes());
    for (const auto& projection : {&model.project_in, &model.project_out})
        if (*projection) bytes += (*projection)->bytes();
    for (const block& b : model.layers) bytes += b.bytes();
    return bytes;
}

inline std::vector<cache::layer> cache_layers(const decoder_parts& model) {
    std::vector<cache::layer> layers;
    for (const block& b : model.layers) {
        layers.push_back(b.remembered());
        layers.back().window = model.config.window(index_t(layers.size()) - 1);
    }
    return layers;
}

}
