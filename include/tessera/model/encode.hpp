// One source through an encoder that stands alone.
#pragma once

#include <span>

#include "tessera/model/encoder.hpp"
#include "tessera/model/encoder_model.hpp"

namespace tessera::inline TESSERA_ABI {

struct encoded {
    tensor<float> hidden;  // [rows, hidden], after the final norm
    tensor<float> logits;  // [rows, vocabulary]
};

namespace model::detail {

inline encoded encode(const encoder_model& model, const source_batch& from, index_t rows, exec::executor_ref run) {
    const lone_source source(from, rows);
    encoded e{tensor<float>({rows, model.config().hidden}), tensor<float>({rows, model.config().vocabulary})};
    const outputs out{e.logits, e.hidden};
    workspace count = workspace::measuring();
    model.forward(source.rows(), out, count, run);
    workspace memory(count.high_water());
    model.forward(source.rows(), out, memory, run);
    return e;
}

}

// frames: [frames, features], or [samples, 1], as model.source_frames() says. Throws errc::unsupported when the model
// reads none, errc::shape for other frames than it reads.
inline encoded encode_frames(const model::encoder_model& model, view<const float> frames, exec::executor_ref run) {
    return model::detail::encode(model, {.frames = frames}, model.rows_of(frames.extent(0)), run);
}

// Throws errc::unsupported when the model reads frames, errc::argument for no token or one outside the vocabulary.
inline encoded encode_tokens(const model::encoder_model& model, std::span<const token_t> tokens,
                             exec::executor_ref run) {
    if (model.source_frames().features > 0) throw error(errc::unsupported, "the model reads frames, not a text");
    if (tokens.empty()) throw error(errc::argument, "the source text is empty");
    return model::detail::encode(model, {.tokens = tokens}, index_t(tokens.size()), run);
}

}
