// Everything of a model that does not depend on its kind of attention: a stack of blocks, and a head that scores what
// their rows may stand for.
#pragma once

#include <optional>
#include <vector>

#include "tessera/cache/layout.hpp"
#include "tessera/model/adapters.hpp"
#include "tessera/model/stack.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct score_head {
    std::optional<gemm::affine> project_out{};            // [inputs of head, hidden]
    ops::any_activation head_activation = ops::linear{};  // of what project_out gives,
    norm::any head_norm = norm::identity{};               // and the norm of that
    gemm::affine head{};                                  // [vocabulary, hidden or what project_out gives]
};

struct decoder_parts : stack, score_head {};

// The logits of normalised rows.
inline void score_vocabulary(const score_head& model, const decoder_config& config, view<const float> h,
                             view<float> logits, const step& s) {
    const workspace::frame scratch(s.memory);
    if (model.project_out) {
        const view<float> projected = s.memory.take<float>(h.extent(0), model.project_out->outputs());
        ops::visit(model.head_activation, [&](auto act) {
            const auto after = model.project_out->bias() | act;
            gemm::multiply(h, {{&model.project_out->weight, projected, after}}, s.memory, s.run);
        });
        if (!s.memory.is_measuring()) norm::apply(model.head_norm, projected, projected, s.run);
        h = projected;
    }
    gemm::multiply_into({logits, config.logit_factor}, h, model.head, s.memory, s.run);
    if (config.logit_softcap != 0.0f && !s.memory.is_measuring()) ops::softcap(logits, config.logit_softcap, s.run);
}

// The wanted rows of x, normalised, and their logits.
inline void read_out(const decoder_parts& model, view<const float> x, const outputs& out, const step& s) {
    const timed watch(s.watch, "head", -1);
    const workspace::frame scratch(s.memory);
    const index_t wanted = index_t(s.batch.wanted.size());
    const auto wanted_row = [&](index_t i) { return s.batch.wanted[std::size_t(i)]; };
    const row_adapters adapters = row_adapters::gathered(s.memory, wanted, wanted_row);
    const view<float> h = s.memory.take<float>(wanted, x.extent(1));
    if (!s.memory.is_measuring()) {
        for (index_t i = 0; i < wanted; ++i) ops::copy(x[wanted_row(i)], h[i]);
        norm::apply(model.final_norm, h, h, s.run);
        if (!out.hidden.empty()) ops::copy(h, out.hidden);
    }
    if (out.logits.extent(0) != 0) score_vocabulary(model, model.config, h, out.logits, s);
}

// The pass: embed, layers, final norm, head.
inline void run_decoder(const decoder_parts& model, const outputs& out, const step& s, attend_ref attend) {
    const row_adapters adapters = adapters_of_rows(model.config, s);
    const view<float> x = s.memory.take<float>(s.batch.rows(), model.config.hidden);
    run_stack(model, x, s, attend);
    read_out(model, x, out, s);
}

inline index_t head_bytes(const score_head& model) {
    return model.head.bytes() + (model.project_out ? model.project_out->bytes() : 0);
}

// A tied embedding counts once, as the head.
inline index_t weight_bytes(const decoder_parts& model) {
    return stack_bytes(model) - (model.config.tied ? model.tokens.bytes() : 0) + head_bytes(model);
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
