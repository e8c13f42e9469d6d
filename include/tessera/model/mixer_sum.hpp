// A sum of mixers that read the same rows, each with a factor or a norm on what it reads and on what it gives:
// attention beside a state space, as in Falcon-H1.
#pragma once

#include <vector>

#include "tessera/gemm/put_into.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct mixer_sum {
    struct term {
        any_mixer mixer;
        float in = 1.0f, out = 1.0f;
        norm::any before = norm::identity{}, after = norm::identity{};
    };
    std::vector<term> terms;
    std::string_view kind = "mixers";  // all of them together, for people

    index_t bytes() const {
        index_t n = 0;
        for (const term& t : terms) n += t.mixer.bytes();
        return n;
    }
    void remember(cache::layer& kept) const {
        for (const term& t : terms) t.mixer.remember(kept);
    }
    index_t idle_parameters() const {
        index_t n = 0;
        for (const term& t : terms) n += t.mixer.idle_parameters();
        return n;
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        bool accumulate = to.accumulate;
        for (const term& t : terms) {
            const workspace::frame scratch(pass.s.memory);
            run(t, input(t, x, pass.s), {to.y, to.factor * t.out, accumulate}, pass);
            accumulate = true;
        }
    }

private:
    // What a term reads: x itself, or in · before(x) in memory of the caller's frame.
    static view<const float> input(const term& t, view<const float> x, const step& s) {
        if (t.in == 1.0f && norm::is_identity(t.before)) return x;
        const view<float> y = s.memory.take<float>(x.extent(0), x.extent(1));
        if (s.memory.is_measuring()) return y;
        norm::apply(t.before, x, y, s.run);
        ops::scale(y, t.in, s.run);
        return y;
    }

    static void run(const term& t, view<const float> x, const gemm::destination& to, const layer_pass& pass) {
        if (norm::is_identity(t.after)) return t.mixer(x, to, pass);
        const view<float> y = pass.s.memory.take<float>(to.y.extent(0), to.y.extent(1));
        t.mixer(x, {y}, pass);
        if (pass.s.memory.is_measuring()) return;
        norm::apply(t.after, y, y, pass.s.run);
        gemm::put_into(to, y, pass.s.run);
    }
};

}
