// What a session, a sampler loop or a drafter needs to know of a model: its sizes, its cache, and one packed step.
#pragma once

#include <memory>
#include <span>

#include "tessera/cache/layout.hpp"
#include "tessera/core/error.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/model/frames.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct block;

// Immutable after construction and shared by threads. Models of the library derive from it, and a user's own may.
class language_model {
public:
    virtual ~language_model() = default;

    virtual const decoder_config& config() const = 0;
    virtual cache::layout cache_layout() const = 0;  // a view into the model
    virtual index_t weight_bytes() const = 0;
    // The blocks of the decoder and of the encoder, for whoever wants to describe them; a model need not be made of
    // such.
    virtual std::span<const block> layers() const { return {}; }
    virtual std::span<const block> source_layers() const { return {}; }

    // Runs the rows of b, appends them (tentatively) to its caches, and writes what `out` has room for.
    // With a measuring workspace nothing runs: what it counts is what this pass needs.
    // Throws errc::argument for a token outside the vocabulary, before any cache is touched.
    virtual void forward(const batch& b, const outputs& out, workspace& memory, exec::executor_ref run,
                         observer* watch = nullptr) const = 0;

    // Whether the decoder attends to a source, which encode() or encode_frames() reads; batch::sources holds one for
    // each sequence.
    virtual bool reads_a_source() const { return false; }
    // Of a source that is no text; no features where it is one.
    virtual frame_shape source_frames() const { return {}; }
    // Keys and values of a source text. Throws errc::unsupported for a model without an encoder of texts.
    virtual std::shared_ptr<const encoder_memory> encode(std::span<const token_t> /*source*/,
                                                         exec::executor_ref /*run*/) const {
        throw error(errc::unsupported, "the model has no encoder");
    }
    // Keys and values of a source given as frames: [frames, features], as source_frames() says. Throws
    // errc::unsupported for a model that reads no frames.
    virtual std::shared_ptr<const encoder_memory> encode_frames(view<const float> /*frames*/,
                                                                exec::executor_ref /*run*/) const {
        throw error(errc::unsupported, "the model reads no frames");
    }

protected:
    language_model() = default;
    language_model(const language_model&) = default;
    language_model(language_model&&) = default;
    language_model& operator=(const language_model&) = default;
    language_model& operator=(language_model&&) = default;
};

}
