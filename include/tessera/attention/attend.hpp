// Softmax attention of a packed batch under any score policy.
#pragma once

#include "tessera/attention/flash.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// out = softmax(edit(q · keysᵀ)) · values for each row and head. Rows of sequence s are batch[s] and see keys[s], in
// which their own keys, if any, are the last places. A row that sees no key gets zeros. T: float or f16. The bits of a
// row depend on its query, position and live keys only.
template <score_policy P, class T>
void attend(view<const float> q, view<float> out, std::span<const std::int32_t> positions, const ragged& batch,
            std::span<const key_blocks<T>> keys, const heads& h, const P& policy, workspace& scratch,
            exec::executor_ref executor) {
    const operands<T> at{q, out, positions, batch, keys, h};
    flash(at, policy, scratch, executor);
}

}
