// Zamba's hybrid layer (Glorioso et al. 2024, figure 2): a transformer block that layers share reads the residual
// stream beside the embedding, and what it gives is added to the input of the layer's own state space.
#pragma once

#include "tessera/embedding/table.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct shared_block {
    static constexpr std::string_view kind = "shared block";

    embedding::table tokens;
    norm::any before_attention;     // of the stream and the embedding side by side
    any_mixer attention;            // from twice the width
    norm::any before_feed_forward;  // and no residual around either
    any_mixer feed_forward;
    gemm::affine out;              // [hidden, hidden], the layer's own
    norm::any before_state_space;  // of the stream and what the block gives
    any_mixer state_space;
    index_t shared_bytes = 0;  // counted by one of the layers

    index_t bytes() const {
        return attention.bytes() + feed_forward.bytes() + out.bytes() + state_space.bytes() + shared_bytes;
    }
    void remember(cache::layer& kept) const {
        attention.remember(kept);
        state_space.remember(kept);
    }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const view<float> y = s.memory.take<float>(x.extent(0), x.extent(1));
        if (!s.memory.is_measuring()) ops::copy(x, y);
        add_block(x, y, pass);
        if (!s.memory.is_measuring()) norm::apply(before_state_space, y, y, s.run);
        state_space(y, to, pass);
    }

private:
    // y += what the block gives for x.
    void add_block(view<const float> x, view<float> y, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0), hidden = x.extent(1);
        const view<float> wide = s.memory.take<float>(rows, 2 * hidden), h = s.memory.take<float>(rows, hidden);
        if (!s.memory.is_measuring()) {
            ops::copy(x, wide.columns({0, hidden}));
            tokens.gather(s.batch.tokens, wide.columns({hidden, 2 * hidden}));
            norm::apply(before_attention, wide, wide, s.run);
        }
        attention(wide, {h}, pass);
        if (!s.memory.is_measuring()) norm::apply(before_feed_forward, h, h, s.run);
        const view<float> f = s.memory.take<float>(rows, hidden);
        feed_forward(h, {f}, pass);
        gemm::multiply_into({y, 1.0f, true}, f, out, s.memory, s.run);
    }
};

}
