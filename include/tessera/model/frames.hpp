// How what is no text reaches an encoder: frames of sound, or patches of a picture, become rows for its blocks.
#pragma once

#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Frames of one source; all zero for a model that reads tokens.
struct frame_shape {
    index_t frames = 0, features = 0;
};

// Immutable after construction and shared by threads.
class frame_reader {
public:
    virtual ~frame_reader() = default;

    virtual frame_shape shape() const = 0;
    virtual index_t rows() const = 0;  // that the frames become
    virtual index_t bytes() const = 0;

    // frames: [frames, features]; to: [rows, hidden], before positions are added. With a measuring workspace nothing
    // runs.
    virtual void read(view<const float> frames, view<float> to, workspace& memory, exec::executor_ref run) const = 0;

protected:
    frame_reader() = default;
    frame_reader(const frame_reader&) = default;
    frame_reader& operator=(const frame_reader&) = default;
};

}
