// The cache behind contiguous and ring: per layer as many blocks of 64 places as its context or its window needs.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>
#include <string>
#include <vector>

#include "tessera/cache/cache.hpp"
#include "tessera/cache/states.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI::cache {

// How much is held.
struct extent {
    index_t places = 0;     // of the context
    index_t chunk = 0;      // rows appended at once; 0: layers with a window are held whole, like the others
    index_t pinned = 0;     // first places that a layer with a window never gives up
    index_t snapshots = 0;  // past recurrent states kept to go back to
};

template <class T>
class blocks {
public:
    using stored = T;

    blocks(layout l, const extent& e) : extent_(e), layers_(l.size()), states_(l, e.snapshots) {
        index_t used = table_bytes(l, e);
        for (std::size_t i = 0; i < l.size(); ++i) {
            layers_[i] = {.layout = l[i].blocks_of(sizeof(T)), .window = window_of(l[i], e), .offset = used};
            layers_[i].blocks = blocks_for(l[i], e);
            used += layers_[i].blocks * layers_[i].layout.bytes();
        }
        memory_ = tensor<std::byte, 1>({used});
        for (index_t b = 0; b < table_bytes(l, e) / index_t(sizeof(std::int32_t)); ++b) table()[b] = std::int32_t(b);
    }

    // What bytes() of such a cache will be.
    static index_t bytes_for(layout l, const extent& e) {
        index_t n = table_bytes(l, e) + index_t(l.size() * sizeof(held)) + states::bytes_for(l, e.snapshots);
        for (const layer& one : l) n += blocks_for(one, e) * one.blocks_of(sizeof(T)).bytes();
        return n;
    }

    index_t layers() const { return index_t(layers_.size()); }
    index_t length(index_t i) const { return at(i).committed; }
    index_t bytes() const { return memory_.bytes() + index_t(layers_.capacity() * sizeof(held)) + states_.bytes(); }

    range append(index_t i, std::span<const std::int32_t> positions) {
        held& h = at(i);
        const index_t n = index_t(positions.size());
        refuse_beyond(h, n);
        const range added{h.end, h.end + n};
        h.end = added.end;
        if (h.window > 0) h.begin = std::max(h.begin, first_stored(h));
        const key_blocks<T> keys = view(i);
        for (index_t p = added.begin; p < added.end; ++p) {
            keys.position(p) = positions[std::size_t(p - added.begin)];
            note_position(h, keys, p);
        }
        return added;
    }

    key_blocks<T> view(index_t i) {
        const held& h = at(i);
        return {.base = memory_.data() + h.offset,
                .stride = h.layout.bytes(),
                .table = {table(), std::size_t(h.blocks)},
                .layout = h.layout,
                .places = {h.begin, h.end},
                .pinned = h.begin > 0 ? extent_.pinned : 0,
                .consecutive = h.first_apart >= h.end};
    }

    state_step state(index_t i, index_t rows) { return states_.step(i, rows); }

    void commit() {
        for (held& h : layers_) h.committed = h.end;
        states_.commit();
    }
    // In a layer that did not take part in the last pass there is nothing to choose from. Of rows that went through a
    // recurrent state only all or none can be kept: errc::unsupported otherwise.
    void commit(std::span<const index_t> path) {
        states_.commit(path);
        for (index_t i = 0; i < layers(); ++i)
            if (at(i).end > at(i).committed) keep(i, path);
    }

    // Goes back to the snapshot before `position` where there are recurrent states, and to the very beginning where a
    // ring has forgotten what the next row would see.
    index_t truncate(index_t position) {
        if (!states_.empty()) position = states_.nearest(position);
        for (index_t i = 0; i < layers(); ++i)
            if (has_forgotten(at(i), end_before(i, position))) position = 0;
        if (position <= 0) return clear();
        for (index_t i = 0; i < layers(); ++i) {
            held& h = at(i);
            h.end = h.committed = end_before(i, position);
            if (h.first_apart >= h.end) h.first_apart = any_length;
        }
        states_.truncate(position);
        return position;
    }

    // A layer that has begun to forget must keep the window of the next row.
    index_t capacity_to_roll_back() const {
        index_t n = states_.empty() ? any_length : 0;
        for (const held& h : layers_)
            if (h.begin > 0) n = std::min(n, h.committed - h.begin - (h.window - 1));
        return n;
    }

    blocks fork() const { return *this; }

private:
    struct held {
        key_block_layout layout;
        index_t window = 0;  // 0: held whole
        index_t offset = 0;  // bytes to its first block
        index_t blocks = 0;
        index_t begin = 0;                 // first place still held, pinned ones aside
        index_t committed = 0, end = 0;    // places; those from `committed` are tentative
        index_t first_apart = any_length;  // the first place whose position is another number
    };

    static index_t window_of(const layer& l, const extent& e) {
        return ring_blocks(l, e) < ceil_div(e.places, key_block) ? l.window : 0;
    }
    // The rows of one chunk see window - 1 places before the first of them; both ends may lie anywhere within a block.
    static index_t ring_blocks(const layer& l, const extent& e) {
        const index_t whole = ceil_div(e.places, key_block);
        if (l.window == 0 || e.chunk == 0) return whole;
        return ceil_div(e.pinned, key_block) + ceil_div(l.window + e.chunk - 1, key_block) + 1;
    }
    static index_t blocks_for(const layer& l, const extent& e) {
        if (l.heads == 0) return 0;
        return std::min(ceil_div(e.places, key_block), ring_blocks(l, e));
    }
    static index_t table_bytes(layout l, const extent& e) {
        index_t n = 0;
        for (const layer& one : l) n = std::max(n, blocks_for(one, e));
        return round_up(n * index_t(sizeof(std::int32_t)), index_t(alignment));
    }

    held& at(index_t i) { return layers_[std::size_t(i)]; }
    const held& at(index_t i) const { return layers_[std::size_t(i)]; }
    std::int32_t* table() { return reinterpret_cast<std::int32_t*>(memory_.data()); }

    void refuse_beyond(const held& h, index_t n) const {
        if (h.end + n > extent_.places)
            throw error(errc::capacity, "the cache is full",
                        {.expected = "at most " + std::to_string(extent_.places) + " places",
                         .found = std::to_string(h.end + n)});
        if (h.window > 0 && h.end - h.committed + n > extent_.chunk)
            throw error(errc::capacity, "more rows at once than the ring was made for",
                        {.expected = "at most " + std::to_string(extent_.chunk),
                         .found = std::to_string(h.end - h.committed + n)});
    }

    // Even a ring that has forgotten its beginning can begin anew.
    index_t clear() {
        for (held& h : layers_) {
            h.begin = h.committed = h.end = 0;
            h.first_apart = any_length;
        }
        states_.truncate(0);
        return 0;
    }
    index_t end_before(index_t i, index_t position) {
        const key_blocks<T> keys = view(i);
        index_t end = at(i).committed;
        while (end > keys.places.begin && keys.position(end - 1) >= position) --end;
        return end;
    }
    // The window of the next row begins with h.window - 1 places.
    static bool has_forgotten(const held& h, index_t end) { return h.begin > 0 && end - h.begin < h.window - 1; }

    // The first place of the oldest block that the ring still holds once its last place is h.end - 1.
    index_t first_stored(const held& h) const {
        const index_t ring = h.blocks - ceil_div(extent_.pinned, key_block);
        const index_t first = std::max<index_t>(0, (ceil_div(h.end, key_block) - ring) * key_block);
        return first > round_up(extent_.pinned, key_block) ? first : 0;
    }

    void note_position(held& h, const key_blocks<T>& keys, index_t place) {
        if (keys.position(place) != place) h.first_apart = std::min(h.first_apart, place);
    }

    void keep(index_t i, std::span<const index_t> path) {
        held& h = at(i);
        const key_blocks<T> keys = view(i);
        if (h.first_apart >= h.committed) h.first_apart = any_length;
        const index_t first = h.committed;
        for (const index_t from : path) {
            assert(first + from >= h.committed && first + from < h.end);
            move(keys, first + from, h.committed);
            note_position(h, keys, h.committed++);
        }
        h.end = h.committed;
    }
    static void move(const key_blocks<T>& keys, index_t from, index_t to) {
        if (from == to) return;
        keys.position(to) = keys.position(from);
        for (index_t head = 0; head < keys.layout.heads; ++head) {
            for (index_t d = 0; d < keys.layout.key_dim; ++d)
                keys.key(to, head)[d * key_lanes] = keys.key(from, head)[d * key_lanes];
            if (!keys.layout.values_in_keys)
                std::copy_n(keys.value(from, head), keys.layout.value_dim, keys.value(to, head));
        }
    }

    extent extent_;
    std::vector<held> layers_;
    cache::states states_;
    tensor<std::byte, 1> memory_;  // the identity table, then each layer's blocks
};

}
