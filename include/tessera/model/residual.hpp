// A sublayer on the residual stream: x + factor · after(mixer(before(x))), with any norm before, after, both or
// neither; or the norm of that sum, as in the first transformer.
#pragma once

#include <utility>

#include "tessera/gemm/affine.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

template <class Mixer>
struct residual {
    norm::any before = norm::identity{};
    Mixer mixer{};
    norm::any after = norm::identity{};
    norm::any of_sum = norm::identity{};
    float factor = 1.0f;

    // The mixer's input: before(x) in memory of the caller's frame, or x itself when there is no such norm.
    view<const float> input(view<const float> x, const step& s) const {
        if (norm::is_identity(before)) return x;
        const view<float> h = s.memory.take<float>(x.extent(0), x.extent(1));
        if (!s.memory.is_measuring()) norm::apply(before, x, h, s.run);
        return h;
    }

    // x = of_sum(x + factor · after(run(h))); run(h, destination) calls the mixer.
    template <class Run>
    void add(view<const float> h, view<float> x, const step& s, Run&& run) const {
        if (norm::is_identity(after)) {
            run(h, gemm::destination{x, factor, true});
        } else {
            add_normalised(h, x, s, run);
        }
        if (!s.memory.is_measuring()) norm::apply(of_sum, x, x, s.run);
    }

private:
    template <class Run>
    void add_normalised(view<const float> h, view<float> x, const step& s, Run& run) const {
        const workspace::frame scratch(s.memory);
        const view<float> y = s.memory.take<float>(x.extent(0), x.extent(1));
        run(h, gemm::destination{y});
        if (s.memory.is_measuring()) return;
        norm::apply(after, y, y, s.run);
        ops::add_scaled(x, y, factor, s.run);
    }
};

}
