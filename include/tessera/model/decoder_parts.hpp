// Everything of a decoder that does not depend on its kind of attention, and the pass over it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tessera/cache/layout.hpp"
#include "tessera/embedding/table.hpp"
#include "tessera/ffn/any.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/model/residual.hpp"
#include "tessera/model/self_attention.hpp"
#include "tessera/position/learned.hpp"

namespace tessera::inline TESSERA_ABI::model {

// A block of two residual sublayers. In parallel (GPT-J), both read the block's input.
struct decoder_layer {
    residual<self_attention> attention;
    residual<ffn::any> feed_forward;
    bool parallel = false;
};

struct decoder_parts {
    decoder_config config;
    std::shared_ptr<const void> files;             // keeps mapped weights alive
    embedding::table tokens;                       // [vocabulary, hidden]
    std::optional<position::learned> positions{};  // added to the embedding
    norm::any embedding_norm = norm::identity{};   // of what the layers get
    std::vector<position::rope> ropes;
    std::vector<decoder_layer> layers;
    norm::any final_norm = norm::identity{};
    gemm::affine head;  // [vocabulary, hidden]
};

// Calls attend(layer, q, out) for the scores of one layer.
using attend_layer_ref = function_ref<void(index_t layer, view<const float> q, view<float> out)>;

inline void run_layer(const decoder_parts& model, index_t layer, view<float> x, const step& s,
                      attend_layer_ref attend) {
    const decoder_layer& block = model.layers[std::size_t(layer)];
    const workspace::frame scratch(s.memory);
    const auto mix = [&](view<const float> h, const gemm::destination& to) {
        const auto with_scores = [&](view<const float> q, view<float> out) { attend(layer, q, out); };
        block.attention.mixer(h, to, layer, model.ropes, s, with_scores);
    };
    const auto feed = [&](view<const float> h, const gemm::destination& to) {
        ffn::apply(block.feed_forward.mixer, h, to, s.memory, s.run);
    };
    const view<const float> attention_input = block.attention.input(x, s);
    view<const float> feed_input;
    if (block.parallel) feed_input = block.feed_forward.input(x, s);
    {
        const timed watch(s.watch, "attention", layer);
        block.attention.add(attention_input, x, s, mix);
    }
    if (!block.parallel) feed_input = block.feed_forward.input(x, s);
    {
        const timed watch(s.watch, "feed_forward", layer);
        block.feed_forward.add(feed_input, x, s, feed);
    }
}

inline void embed(const decoder_parts& model, view<float> x, const step& s) {
    if (s.memory.is_measuring()) return;
    model.tokens.gather(s.batch.tokens, x, model.config.embedding_factor);
    if (model.positions) model.positions->add(x, s.batch.positions);
    if (!norm::is_identity(model.embedding_norm)) norm::apply(model.embedding_norm, x, x, s.run);
    if (s.watch != nullptr) s.watch->hidden(-1, x);
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
    if (out.logits.extent(0) == 0) return;
    gemm::multiply_into({out.logits, model.config.logit_factor}, h, model.head, s.memory, s.run);
    if (model.config.logit_softcap != 0.0f && !s.memory.is_measuring())
        ops::softcap(out.logits, model.config.logit_softcap, s.run);
}

// The pass: embed, layers, final norm, head.
inline void run_decoder(const decoder_parts& model, const outputs& out, const step& s, attend_layer_ref attend) {
    const workspace::frame scratch(s.memory);
    const view<float> x = s.memory.take<float>(s.batch.rows(), model.config.hidden);
    embed(model, x, s);
    for (index_t layer = 0; layer < index_t(model.layers.size()); ++layer) {
        run_layer(model, layer, x, s, attend);
        if (s.watch != nullptr && !s.memory.is_measuring()) s.watch->hidden(layer, x);
    }
    read_out(model, x, out, s);
}

// A tied embedding counts once, as the head.
inline index_t weight_bytes(const decoder_parts& model) {
    index_t bytes = model.head.bytes() + (model.config.tied ? 0 : model.tokens.bytes());
    for (const decoder_layer& block : model.layers)
        bytes += block.attention.mixer.bytes() + ffn::bytes(block.feed_forward.mixer);
    return bytes;
}

inline std::vector<cache::layer> cache_layers(const decoder_parts& model) {
    std::vector<cache::layer> layers;
    for (index_t i = 0; i < index_t(model.layers.size()); ++i) {
        const attention::heads& h = model.layers[std::size_t(i)].attention.mixer.heads;
        layers.push_back(
            {.heads = h.key, .key_dim = h.key_dim, .value_dim = h.value_dim, .window = model.config.window(i)});
    }
    return layers;
}

}
