// Samples of sound as rows that know of their neighbours: convolutions, a projection to the model's width, and a
// convolution over the rows in place of positions (Baevski et al. 2020, section 2).
#pragma once

#include <utility>

#include "tessera/conv/grouped.hpp"
#include "tessera/model/sound_reader.hpp"
#include "tessera/norm/any.hpp"

namespace tessera::inline TESSERA_ABI::model {

class wave_reader final : public frame_reader {
public:
    // norm: of what `samples` gives; neighbours: gives as many rows as it gets.
    wave_reader(sound_reader samples, norm::any norm, gemm::affine project, conv::grouped neighbours)
        : samples_(std::move(samples)),
          norm_(std::move(norm)),
          project_(std::move(project)),
          neighbours_(std::move(neighbours)) {}

    frame_shape shape() const override { return samples_.shape(); }
    index_t rows_of(index_t frames) const override { return samples_.rows_of(frames); }
    index_t bytes() const override { return samples_.bytes() + project_.bytes() + neighbours_.bytes(); }

    void read(view<const float> frames, view<float> to, workspace& memory, exec::executor_ref run) const override {
        const workspace::frame scratch(memory);
        const view<float> x = memory.take<float>(to.extent(0), samples_.outputs());
        samples_.read(frames, x, memory, run);
        if (!memory.is_measuring()) norm::apply(norm_, x, x, run);
        gemm::multiply_into({to}, x, project_, memory, run);
        const view<float> around = memory.take<float>(to.extent(0), to.extent(1));
        neighbours_(to, around, memory, run);
        if (!memory.is_measuring()) ops::add(to, around, to, run);
    }

private:
    sound_reader samples_;
    norm::any norm_;
    gemm::affine project_;
    conv::grouped neighbours_;
};

}
