// A query sees itself and what came before.
#pragma once

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct causal {
    template <class K>
    auto live(const query& q, const K& k) const {
        return k.position <= q.position;
    }
    static constexpr cover covers(range rows, range cols) {
        if (cols.begin >= rows.end) return cover::none;
        return cols.end - 1 <= rows.begin ? cover::full : cover::partial;
    }
    static constexpr index_t next(range rows, index_t from) { return from < rows.end ? from : no_key; }
};

}
