// Frames or samples of sound as rows: convolutions one after another, of which some pass over places.
#pragma once

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/conv/strided.hpp"
#include "tessera/model/frames.hpp"
#include "tessera/norm/group.hpp"
#include "tessera/norm/identity.hpp"
#include "tessera/norm/layer.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

// activation(norm(conv(x))), where the convolution has an activation of its own.
struct sound_stage {
    conv::strided conv{};
    std::variant<norm::identity, norm::layer, norm::group> norm{};
    ops::any_activation activation = ops::linear{};

    void operator()(view<const float> x, view<float> y, workspace& memory, exec::executor_ref run) const {
        conv(x, y, memory, run);
        if (memory.is_measuring()) return;
        std::visit([&](const auto& of_kind) { of_kind(y, y, run); }, norm);
        ops::visit(activation, [&](auto act) { ops::map(act, y, y, run); });
    }
};

class sound_reader final : public frame_reader {
public:
    // stages: one at least; frames: of every source, 0 for as many as there are.
    sound_reader(std::vector<sound_stage> stages, index_t frames) : stages_(std::move(stages)), frames_(frames) {}

    frame_shape shape() const override { return {frames_, stages_.front().conv.channels()}; }
    index_t outputs() const { return stages_.back().conv.outputs(); }
    index_t rows_of(index_t frames) const override {
        for (const sound_stage& s : stages_) frames = s.conv.rows_of(frames);
        return frames;
    }
    index_t bytes() const override {
        index_t n = 0;
        for (const sound_stage& s : stages_) n += s.conv.bytes();
        return n;
    }

    void read(view<const float> frames, view<float> to, workspace& memory, exec::executor_ref run) const override {
        pass_through(stages_, frames, to, memory, run);
    }

private:
    static void pass_through(std::span<const sound_stage> stages, view<const float> x, view<float> to,
                             workspace& memory, exec::executor_ref run) {
        const sound_stage& first = stages.front();
        if (stages.size() == 1) return first(x, to, memory, run);
        const workspace::frame scratch(memory);
        const view<float> between = memory.take<float>(first.conv.rows_of(x.extent(0)), first.conv.outputs());
        first(x, between, memory, run);
        pass_through(stages.subspan(1), between, to, memory, run);
    }

    std::vector<sound_stage> stages_;
    index_t frames_;
};

}
