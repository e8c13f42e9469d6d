// How what is no text reaches an encoder: frames of sound, or patches of a picture, become rows for its blocks.
#pragma once

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Frames of one source.
struct frame_shape {
    index_t frames = 0;    // 0: as many as there are
    index_t features = 0;  // 0: the model reads tokens
};

// Throws errc::shape for other frames than a reader of this shape reads.
inline void require_frames(const frame_shape& wanted, view<const float> frames) {
    const bool counted = wanted.frames == 0 || frames.extent(0) == wanted.frames;
    if (counted && frames.extent(1) == wanted.features) return;
    const auto times = [](index_t count, index_t features) {
        return (count == 0 ? "any number" : std::to_string(count)) + " × " + std::to_string(features);
    };
    throw error(
        errc::shape, "other frames than the model reads",
        {.expected = times(wanted.frames, wanted.features), .found = times(frames.extent(0), frames.extent(1))});
}

// Immutable after construction and shared by threads.
class frame_reader {
public:
    virtual ~frame_reader() = default;

    virtual frame_shape shape() const = 0;
    // What so many frames become. Throws errc::shape when there are too few.
    virtual index_t rows_of(index_t frames) const = 0;
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
