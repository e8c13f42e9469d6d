// What whoever uses an encoder that stands alone needs to know of it: its sizes, and one packed pass from a text or
// from frames to hidden states and scores.
#pragma once

#include <span>

#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/model/frames.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct block;
struct source_batch;

// Immutable after construction and shared by threads.
class encoder_model {
public:
    virtual ~encoder_model() = default;

    virtual const decoder_config& config() const = 0;
    virtual index_t weight_bytes() const = 0;
    virtual std::span<const block> layers() const = 0;

    // What it reads; no features where that is tokens.
    virtual frame_shape source_frames() const = 0;
    // What so many frames become. Throws errc::shape when there are too few, errc::unsupported for a reader of tokens.
    virtual index_t rows_of(index_t frames) const = 0;

    // Runs all rows of b and writes what `out` has room for: hidden [rows, hidden] after the final norm, logits [rows,
    // vocabulary]. With a measuring workspace nothing runs. Throws errc::argument for a token outside the vocabulary,
    // errc::shape for other frames than it reads.
    virtual void forward(const source_batch& b, const outputs& out, workspace& memory, exec::executor_ref run,
                         observer* watch = nullptr) const = 0;

protected:
    encoder_model() = default;
    encoder_model(const encoder_model&) = default;
    encoder_model(encoder_model&&) = default;
    encoder_model& operator=(const encoder_model&) = default;
    encoder_model& operator=(encoder_model&&) = default;
};

}
