// A sum of mixers that read the same rows, each with a factor on what it reads and one on what it gives: attention
// beside a state space, as in Falcon-H1.
#pragma once

#include <vector>

#include "tessera/model/mixer.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct mixer_sum {
    static constexpr std::string_view kind = "mixers";

    struct term {
        any_mixer mixer;
        float in = 1.0f, out = 1.0f;
    };
    std::vector<term> terms;

    index_t bytes() const {
        index_t n = 0;
        for (const term& t : terms) n += t.mixer.bytes();
        return n;
    }
    void remember(cache::layer& kept) const {
        for (const term& t : terms) t.mixer.remember(kept);
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        bool accumulate = to.accumulate;
        for (const term& t : terms) {
            const workspace::frame scratch(pass.s.memory);
            t.mixer(scaled(x, t.in, pass.s), {to.y, to.factor * t.out, accumulate}, pass);
            accumulate = true;
        }
    }

private:
    static view<const float> scaled(view<const float> x, float factor, const step& s) {
        if (factor == 1.0f) return x;
        const view<float> y = s.memory.take<float>(x.extent(0), x.extent(1));
        if (!s.memory.is_measuring())
            ops::map([f = simd::floats(factor)](simd::floats v) { return v * f; }, x, y, s.run);
        return y;
    }
};

}
