// How the work of a parallel region is cut: into parts of the columns, and of the rows where the columns do not
// suffice.
#pragma once

#include <algorithm>

#include "tessera/gemm/blocking.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

struct split {
    index_t columns = 1, rows = 1;

    // `most_outputs` of the widest product, `work` multiply-adds of all of them.
    split(index_t row_count, index_t most_outputs, index_t work, index_t workers) {
        if (work < serial_work || workers <= 1) return;
        columns = std::min(workers, ceil_div(most_outputs, column_unit));
        rows = std::clamp(row_count / row_block, index_t(1), workers / columns);
    }

    index_t parts() const { return columns * rows; }
    range row_part(index_t part, index_t row_count) const { return share_of(row_count, 1, part / columns, rows); }
    range column_part(index_t part, index_t outputs) const {
        return share_of(outputs, column_unit, part % columns, columns);
    }
};

// Cuts rows into blocks of about the same size, none above row_block.
template <class F>
void for_each_row_block(range rows, F&& f) {
    const index_t blocks = ceil_div(rows.size(), row_block);
    for (index_t b = 0; b < blocks; ++b) {
        const range part = share_of(rows.size(), register_tile.rows, b, blocks);
        f(range{rows.begin + part.begin, rows.begin + part.end});
    }
}

}
