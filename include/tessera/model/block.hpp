// A block: residual sublayers one after another, or side by side. A decoder's usually has two, attention and a
// feed-forward; that of an encoder-decoder three, that of a state space model one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tessera/model/residual.hpp"
#include "tessera/model/streams.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct block {
    std::vector<residual> sublayers;
    bool parallel = false;                         // all of them read the block's input (GPT-J)
    std::shared_ptr<const around_block> around{};  // in models of several streams: between these and the sublayers

    index_t bytes() const {
        index_t n = around != nullptr ? around->bytes() : 0;
        for (const residual& r : sublayers) n += r.mixer.bytes();
        return n;
    }
    // What its mixers keep of a sequence.
    cache::layer remembered() const {
        cache::layer kept;
        for (const residual& r : sublayers) r.mixer.remember(kept);
        return kept;
    }
};

inline void run_sublayer(const residual& r, view<const float> input, view<float> x, const layer_pass& pass) {
    const timed watch(pass.s.watch, r.mixer.kind(), pass.layer);
    r.add(input, x, pass);
}

// Everyone's input is taken before anyone adds to x.
inline void run_side_by_side(std::span<const residual> sublayers, view<float> x, const layer_pass& pass) {
    if (sublayers.empty()) return;
    const workspace::frame scratch(pass.s.memory);
    const residual& last = sublayers.back();
    const view<const float> input = last.input(x, pass.s);
    run_side_by_side(sublayers.first(sublayers.size() - 1), x, pass);
    run_sublayer(last, input, x, pass);
}

// x: [rows, hidden], changed in place.
inline void run_sublayers(const block& b, view<float> x, const layer_pass& pass) {
    if (b.parallel) return run_side_by_side(b.sublayers, x, pass);
    for (const residual& r : b.sublayers) {
        const workspace::frame scratch(pass.s.memory);
        run_sublayer(r, r.input(x, pass.s), x, pass);
    }
}

// x: [rows, hidden], or as many times that as the model has streams; changed in place.
inline void run_block(const block& b, view<float> x, const layer_pass& pass) {
    if (b.around == nullptr) return run_sublayers(b, x, pass);
    (*b.around)(x, pass, [&](view<float> one) { run_sublayers(b, one, pass); });
}

}
