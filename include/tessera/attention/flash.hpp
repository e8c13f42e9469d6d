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

// Tile i of all sequences and key heads: the first of a head, the last, the second, the last but one, …, so that under
// a causal mask equal runs of tiles cost much the same.
template <class T>
tile tile_at(const operands<T>& at, index_t i) {
    index_t s = 0;
    for (; i >= at.heads.key * tiles_of(at, s); ++s) i -= at.heads.key * tiles_of(at, s);
    const index_t tiles = tiles_of(at, s), n = i % tiles, t = n % 2 == 0 ? n / 2 : tiles - 1 - n / 2;
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
            pass.each_span({0, at.keys[std::size_t(t.sequence)].spans()},
                           [&](index_t span) { pass.add(span, pass.state()); });
            pass.finish(pass.state());
        }
    });
}

}
