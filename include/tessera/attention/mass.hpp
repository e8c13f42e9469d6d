// The attention that each key got: softmax weights summed over the rows.
#pragma once

#include "tessera/attention/flash.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// mass[sequence](head or 0, place - places.begin) += weights; at.sums has been filled by flash or split_kv. A task owns
// a span of one key head's places, or of all heads' when they are summed, and adds rows in their order.
template <score_policy P, class T>
void add_mass(const operands<T>& at, const P& policy, std::span<const view<float>> mass, workspace& scratch,
              exec::executor_ref executor) {
    const workspace::frame frame(scratch);
    const index_t each = tile_pass<P, T>::floats_needed(at.heads);
    float* const memory = scratch.take<float>(executor.concurrency() * each);
    if (scratch.is_measuring()) return;

    for (index_t s = 0; s < at.batch.sequences(); ++s) {
        const key_blocks<T>& stored = at.keys[std::size_t(s)];
        const view<float>& to = mass[std::size_t(s)];
        const index_t rows = at.batch[s].size() * at.heads.group(), first = stored.places.begin;
        executor.run(stored.spans(), 1, [&](range spans, index_t worker) {
            tile_pass<P, T> pass(at, policy, memory + worker * each);
            for (index_t head = 0; head < at.heads.key; ++head)
                for (index_t r = 0; r < rows; r += tile_rows) {
                    pass.begin({s, head, {r, std::min(rows, r + tile_rows)}});
                    pass.each_span(spans, [&](index_t span) {
                        pass.each_weight(span, [&](index_t h, index_t place, float weight) {
                            if (place >= first) to(to.extent(0) == 1 ? 0 : h, place - first) += weight;
                        });
                    });
                }
        });
    }
}

}
