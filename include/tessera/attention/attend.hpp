// Softmax attention of a packed batch under any score policy.
#pragma once

#include "tessera/attention/mass.hpp"
#include "tessera/attention/split_kv.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Prefill has many tiles, which workers take one by one; in decode there are few, whose keys are shared out instead.
template <class T>
bool few_tiles(const operands<T>& at, index_t workers) {
    return workers > 1 && tiles_of(at) < 4 * workers;
}

// out = softmax(edit(scale · q · keysᵀ)) · values, for each row and head. Rows of sequence s are batch[s]; they see
// keys[s], in which their own keys, if they have any, are the last places. A sink counts as one more key, of a value of
// zero. A row that sees no key gets zeros. T: float or f16. The bits of a row depend on its query, its position and its
// live keys only, not on the batch, the chunk or the executor. `mass`, when given, holds for each sequence [query heads
// or 1, places.size()], to which the softmax weights that each key got from these rows are added: what caches that
// evict and attention maps need. It costs another pass over the keys. A measuring workspace counts what this and any
// smaller batch over the same keys needs.
template <score_policy P, class T>
void attend(view<const float> q, view<float> out, std::span<const std::int32_t> positions, const ragged& batch,
            std::span<const key_blocks<T>> keys, const heads& h, const P& policy, workspace& scratch,
            exec::executor_ref executor, std::span<const view<float>> mass = {}) {
    const workspace::frame frame(scratch);
    operands<T> at{q, out, positions, batch, keys, h};
    at.check();
    if (!mass.empty()) at.sums = scratch.take<float>(2 * batch.rows() * h.query);

    const bool few = few_tiles(at, executor.concurrency());
    if (few || (scratch.is_measuring() && executor.concurrency() > 1)) split_kv(at, policy, scratch, executor);
    if (!few) flash(at, policy, scratch, executor);
    if (!mass.empty()) add_mass(at, policy, mass, scratch, executor);
}

}
