// A sublayer on the residual stream: x + factor · after(mixer(before(x))), with any norm before, after, both or
// neither; or the norm of that sum, as in the first transformer.
#pragma once

#include "tessera/model/mixer.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct residual {
    norm::any before = norm::identity{};
    any_mixer mixer{};
    norm::any after = norm::identity{};
    norm::any of_sum = norm::identity{};
    float factor = 1.0f;
    float keep = 1.0f;  // a factor of x

    // The mixer's input: before(x) in memory of the caller's frame, or x itself when there is no such norm.
    view<const float> input(view<const float> x, const step& s) const {
        if (norm::is_identity(before)) return x;
        const view<float> h = s.memory.take<float>(x.extent(0), x.extent(1));
        if (!s.memory.is_measuring()) norm::apply(before, x, h, s.run);
        return h;
    }

    // x = of_sum(keep · x + factor · after(mixer(h))).
    void add(view<const float> h, view<float> x, const layer_pass& pass) const {
        if (norm::is_identity(after) && keep == 1.0f) {
            mixer(h, gemm::destination{x, factor, true}, pass);
        } else {
            add_separately(h, x, pass);
        }
        if (!pass.s.memory.is_measuring()) norm::apply(of_sum, x, x, pass.s.run);
    }

private:
    void add_separately(view<const float> h, view<float> x, const layer_pass& pass) const {
        const workspace::frame scratch(pass.s.memory);
        const view<float> y = pass.s.memory.take<float>(x.extent(0), x.extent(1));
        mixer(h, gemm::destination{y}, pass);
        if (pass.s.memory.is_measuring()) return;
        norm::apply(after, y, y, pass.s.run);
        if (keep != 1.0f) ops::scale(x, keep, pass.s.run);
        ops::add_scaled(x, y, factor, pass.s.run);
    }
};

}
