// Keys that sum up a text beside those of its rows: a query sees the rows near it and every summary (Guo et al. 2022,
// section 2.2).
#pragma once

#include <algorithm>

#include "tessera/attention/relative.hpp"
#include "tessera/attention/window.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Rows stand at positions from 0 on, the `count` summaries before them, at -count … -1. Each is of `block` rows, the
// last one of those behind it too.
struct side_keys {
    window near;
    relative_bias near_bias;  // of the distance between rows
    relative_bias side_bias;  // of the distance from the query's block to the summary's
    std::int32_t block = 1, count = 0;

    template <class K>
    auto live(const query& q, const K& k) const {
        return k.position < 0 || near.live(q, k);
    }
    float bias(const query& q, const key& k) const {
        return k.position < 0 ? side_bias.bias(at_its_summary(q), k) : near_bias.bias(q, k);
    }
    // A register may hold summaries and rows.
    simd::floats bias(const query& q, const key_vector& k) const {
        const simd::mask summary = simd::as_mask(k.position < 0);
        if (!simd::any(summary)) return near_bias.bias(q, k);
        return simd::select(summary, side_bias.bias(at_its_summary(q), k), near_bias.bias(q, k));
    }
    constexpr cover covers(range rows, range cols) const {
        if (cols.end <= 0) return cover::full;
        return cols.begin >= 0 ? near.covers(rows, cols) : cover::partial;
    }
    constexpr index_t next(range rows, index_t from) const { return from < 0 ? from : near.next(rows, from); }

private:
    query at_its_summary(query q) const {
        q.position = std::min(q.position / block, count - 1) - count;
        return q;
    }
};

}
