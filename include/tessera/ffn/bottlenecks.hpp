// Narrow feed-forwards beside a wide one, each for the rows that use the adapter of its number (AdaptFormer, Chen et
// al. 2022, equation 3; parallel adapters, He et al. 2022).
#pragma once

#include <algorithm>
#include <vector>

#include "tessera/ffn/mlp.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

// scale · map(x); map.up is the one that narrows.
struct bottleneck {
    mlp map;
    float scale = 1.0f;
};

// What a row's adapter adds, nothing for rows without one: for models put together by hand a term of a mixer_sum beside
// the feed-forward, whose input and output it has. decoder_config::adapters names them.
struct bottlenecks {
    std::vector<bottleneck> of{};  // by number

    index_t bytes() const {
        index_t n = 0;
        for (const bottleneck& b : of) n += b.map.bytes();
        return n;
    }

    // x: [rows, hidden]
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        if (memory.is_measuring()) {
            for (const bottleneck& b : of) b.map(x, to, memory, run);
            return;
        }
        if (!to.accumulate) ops::fill(to.y, 0.0f);
        gemm::for_each_adapter(memory.adapters(), [&](range rows, index_t number) {
            if (number >= index_t(of.size())) return;
            const bottleneck& b = of[std::size_t(number)];
            b.map(x.slice(rows), {to.y.slice(rows), to.factor * b.scale, true}, memory, run);
        });
    }
};

}
