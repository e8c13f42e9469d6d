// Frames of sound as rows: two convolutions, of which the second takes every other place.
#pragma once

#include <utility>

#include "tessera/conv/strided.hpp"
#include "tessera/model/frames.hpp"

namespace tessera::inline TESSERA_ABI::model {

class sound_reader final : public frame_reader {
public:
    // frames: of every source.
    sound_reader(conv::strided first, conv::strided second, index_t frames)
        : first_(std::move(first)), second_(std::move(second)), frames_(frames) {}

    frame_shape shape() const override { return {frames_, first_.channels()}; }
    index_t rows() const override { return second_.rows_of(first_.rows_of(frames_)); }
    index_t bytes() const override { return first_.bytes() + second_.bytes(); }

    void read(view<const float> frames, view<float> to, workspace& memory, exec::executor_ref run) const override {
        const workspace::frame scratch(memory);
        const view<float> between = memory.take<float>(first_.rows_of(frames.extent(0)), first_.outputs());
        first_(frames, between, memory, run);
        second_(between, to, memory, run);
    }

private:
    conv::strided first_, second_;
    index_t frames_;
};

}
