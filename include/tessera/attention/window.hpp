// A query sees the keys nearer than `size` on both sides; `causal{} & window{size}` sees the last `size`, itself
// included.
#pragma once

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct window {
    std::int32_t size = std::numeric_limits<std::int32_t>::max();  // the default sees everything

    template <class K>
    auto live(const query& q, const K& k) const {
        const auto distance = k.position - q.position;
        return distance < size && distance > -size;
    }
    constexpr cover covers(range rows, range cols) const {
        if (cols.begin - (rows.end - 1) >= size || rows.begin - (cols.end - 1) >= size) return cover::none;
        return cols.end - 1 - rows.begin < size && rows.end - 1 - cols.begin < size ? cover::full : cover::partial;
    }
    constexpr index_t next(range rows, index_t from) const {
        if (from - (rows.end - 1) >= size) return no_key;
        const index_t first = rows.begin - size + 1;
        return first > from ? first : from;
    }
};

}
