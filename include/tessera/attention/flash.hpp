// Attention with one task per tile of queries, each going over its keys once: prefill, encoders, and decode with many
// heads.
#pragma once

#include "tessera/attention/block.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::attention {

template <class T>
index_t tiles_of(const operands<T>& at, index_t sequence) {
    return ceil_div(at.batch[sequence].size() * at.heads.group(), tile_rows);
}

// Task i of all sequences, key heads and tiles; later tiles first, since under a causal mask they cost most.
template <class T>
tile tile_at(const operands<T>& at, index_t i) {
    index_t s = 0;
    for (; i >= at.heads.key * tiles_of(at, s); ++s) i -= at.heads.key * tiles_of(at, s);
    const index_t tiles = tiles_of(at, s), t = tiles - 1 - i % tiles;
    const index_t rows = at.batch[s].size() * at.heads.group();
    return {s, i / tiles, {t * tile_rows, std::min(rows, (t + 1) * tile_rows)}};
}

template <class T>
index_t tiles_of(const operands<T>& at) {
    index_t n = 0;
    for (index_t s = 0; s < at.batch.sequences(); ++s) n += at.heads.key * tiles_of(at, s);
    return n;
}

template <score_policy P, class T>
void flash(const operands<T>& at, const P& policy, workspace& scratch, exec::executor_ref executor) {
    const workspace::frame frame(scratch);
    const index_t each = tile_pass<P, T>::floats_needed(at.heads);
    float* const memory = scratch.take<float>(executor.concurrency() * each);
    if (scratch.is_measuring()) return;

    executor.run(tiles_of(at), 1, [&](range tasks, index_t worker) {
        tile_pass<P, T> pass(at, policy, memory + worker * each);
        for (index_t i = tasks.begin; i < tasks.end; ++i) {
            const tile t = tile_at(at, i);
            pass.begin(t);
            pass.state().clear(pass.rows());
            pass.each_block({0, at.keys[std::size_t(t.sequence)].blocks()},
                            [&](index_t b) { pass.add(b, pass.state()); });
            pass.finish(pass.state());
        }
    });
}

}
