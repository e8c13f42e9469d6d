// Puts rows of keys and values where attention reads them: into the places of a cache, or into scratch for an encoder.
#pragma once

#include <cassert>

#include "tessera/attention/heads.hpp"
#include "tessera/core/key_blocks.hpp"
#include "tessera/core/ragged.hpp"
#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// One head of one place: the key goes to its lane, the value side by side, unless it is part of the key.
template <class T>
void write_head(const key_blocks<T>& to, index_t place, index_t head, const float* from_k, const float* from_v) {
    T* k = to.key(place, head);
    index_t i = 0;
    for (; i + simd::lanes <= to.layout.key_dim; i += simd::lanes) {
        T converted[simd::lanes];
        simd::store(simd::load(from_k + i), converted);
        for (index_t l = 0; l < simd::lanes; ++l) k[(i + l) * key_lanes] = converted[l];
    }
    for (; i < to.layout.key_dim; ++i) k[i * key_lanes] = T(from_k[i]);

    if (to.layout.values_in_keys) return;
    T* v = to.value(place, head);
    for (i = 0; i + simd::lanes <= to.layout.value_dim; i += simd::lanes) simd::store(simd::load(from_v + i), v + i);
    for (; i < to.layout.value_dim; ++i) v[i] = T(from_v[i]);
}

// Rows k [rows, heads · key_dim] and v [rows, heads · value_dim] into the places from `first` on.
template <class T>
void write_rows(const key_blocks<T>& to, index_t first, view<const float> k, view<const float> v) {
    for (index_t h = 0; h < to.layout.heads; ++h)
        for (index_t r = 0; r < k.extent(0); ++r)
            write_head(to, first + r, h, k.data() + r * k.stride(0) + h * to.layout.key_dim,
                       v.data() + r * v.stride(0) + h * to.layout.value_dim);
}

// Rows into `places`, whose positions the cache has written.
template <class T>
void write(const key_blocks<T>& to, range places, view<const float> k, view<const float> v,
           exec::executor_ref executor) {
    assert(k.extent(0) == places.size() && v.extent(0) == places.size() && k.stride(1) == 1 && v.stride(1) == 1);
    executor.run(places.size(), key_lanes,
                 [&](range rows, index_t) { write_rows(to, places.begin + rows.begin, k.slice(rows), v.slice(rows)); });
}

// Keys and values that outlive no layer: each sequence of the batch laid out in scratch, rows as places. `to` gets the
// key_blocks of each sequence.
inline void write_scratch(view<const float> k, view<const float> v, std::span<const std::int32_t> positions,
                          const ragged& batch, const heads& h, std::span<key_blocks<float>> to, workspace& scratch,
                          exec::executor_ref executor) {
    const key_block_layout layout{h.key, h.key_dim, h.value_dim, sizeof(float), h.values_in_keys};
    for (index_t s = 0; s < batch.sequences(); ++s) {
        const index_t rows = batch[s].size(), blocks = ceil_div(rows, key_block);
        auto* const table = scratch.take<std::int32_t>(blocks);
        auto* const memory = scratch.take<std::byte>(blocks * layout.bytes());
        to[std::size_t(s)] = {
            .base = memory, .stride = layout.bytes(), .table = {}, .layout = layout, .places = {0, rows}};
        if (scratch.is_measuring()) continue;
        for (index_t b = 0; b < blocks; ++b) table[b] = std::int32_t(b);
        to[std::size_t(s)].table = {table, std::size_t(blocks)};
        to[std::size_t(s)].consecutive = true;
        for (index_t i = 0; i < rows; ++i) {
            const std::int32_t position = positions[std::size_t(batch[s].begin + i)];
            to[std::size_t(s)].position(i) = position;
            to[std::size_t(s)].consecutive &= position == i;
        }
    }
    if (scratch.is_measuring()) return;
    executor.run(batch.rows(), key_lanes, [&](range rows, index_t) {
        for (index_t s = 0; s < batch.sequences(); ++s)
            if (const range mine = rows & batch[s]; !mine.empty())
                write_rows(to[std::size_t(s)], mine.begin - batch[s].begin, k.slice(mine), v.slice(mine));
    });
}

}
