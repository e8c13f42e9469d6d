// Pictures as rows: a linear map of each patch, behind a row of the model's own for the whole picture.
#pragma once

#include <algorithm>
#include <utility>

#include "tessera/conv/patches.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/model/frames.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Reads [channels · height, width].
class patch_reader final : public frame_reader {
public:
    // map: [hidden, channels · patch · patch]; first: [hidden], the row before the patches. Throws errc::shape unless
    // patches cover the picture.
    patch_reader(conv::patch_grid grid, gemm::affine map, tensor<float, 1> first)
        : grid_(grid), map_(std::move(map)), first_(std::move(first)) {
        conv::require_covered(grid_);
    }

    frame_shape shape() const override { return {grid_.channels * grid_.height, grid_.width}; }
    index_t rows_of(index_t /*frames*/) const override { return 1 + grid_.rows(); }
    index_t bytes() const override { return map_.bytes() + first_.bytes(); }

    void read(view<const float> frames, view<float> to, workspace& memory, exec::executor_ref run) const override {
        const workspace::frame scratch(memory);
        const view<float> patches = memory.take<float>(grid_.rows(), grid_.inputs());
        if (!memory.is_measuring()) {
            conv::cut_patches(frames, grid_, patches);
            std::copy_n(first_.data(), first_.size(), &to(0, 0));
        }
        gemm::multiply_into({to.slice({1, 1 + grid_.rows()})}, patches, map_, memory, run);
    }

private:
    conv::patch_grid grid_;
    gemm::affine map_;
    tensor<float, 1> first_;
};

}
