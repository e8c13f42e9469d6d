// Several texts in one sequence: a query sees the keys whose position belongs to the same segment.
#pragma once

#include <span>

#include "tessera/attention/policy.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// The segment of each position; numbers never fall from one position to the next.
struct segment {
    std::span<const std::int32_t> ids;

    bool live(const query& q, const key& k) const { return of(q.position) == of(k.position); }
    cover covers(range rows, range cols) const {
        const std::int32_t first = of(rows.begin), last = of(rows.end - 1);
        if (of(cols.end - 1) < first || of(cols.begin) > last) return cover::none;
        return first == last && of(cols.begin) == first && of(cols.end - 1) == first ? cover::full : cover::partial;
    }

private:
    std::int32_t of(index_t position) const { return ids[std::size_t(position)]; }
};

}
