// How finely work is cut: sharing out pays only from a certain size on.
#pragma once

#include "tessera/core/types.hpp"
#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// Elements that one worker should have at least: a few microseconds of element-wise work, against 0.2 µs for a region.
inline constexpr index_t worth_sharing = 16384;

// Rows per grain when each row costs as much as `elements` element-wise operations.
constexpr index_t row_grain(index_t elements) {
    return elements > 0 ? ceil_div(worth_sharing, elements) : worth_sharing;
}

// f(row) for each row of [0, rows), shared out when there is enough of it.
template <class F>
void for_rows(executor_ref exec, index_t rows, index_t elements, F f) {
    const auto part = [&](range r, index_t) {
        for (index_t row = r.begin; row < r.end; ++row) f(row);
    };
    const index_t grain = row_grain(elements);
    if (rows <= grain) {
        part({0, rows}, 0);
    } else {
        exec.run(rows, grain, part);
    }
}

}
