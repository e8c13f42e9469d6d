// Keys and values of one layer of one sequence, spread over blocks of 64 places on an absolute grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

// The absolute key grid: place p of a sequence lies in block p / key_block, whatever cache holds it. The softmax of a
// row is computed from nothing for each span of key_span places and merged in the order of spans, so its bits never
// depend on how keys are stored or were appended.
inline constexpr index_t key_block = 64;
inline constexpr index_t key_span = 256;
// Within a block keys lie with key_lanes places side by side: the products q·k run over the head dimension, one key a
// lane.
inline constexpr index_t key_lanes = 16;

// Rows of values are padded to a multiple of this, so that a tile of a product never reads past the last one.
inline constexpr index_t value_unit = 16;

// How the bytes of one block are divided: positions, then keys, then values; T is the stored type (float, f16).
struct key_block_layout {
    index_t heads = 0;            // key/value heads
    index_t key_dim = 0;          // elements of a key
    index_t value_dim = 0;        // elements of a value
    index_t element = 4;          // bytes of T
    bool values_in_keys = false;  // a value is the first value_dim elements of its key (latent attention)

    constexpr index_t value_stride() const { return round_up(value_dim, value_unit); }  // from place to place
    constexpr index_t keys_offset() const { return key_block * index_t(sizeof(std::int32_t)); }
    constexpr index_t values_offset() const { return keys_offset() + heads * key_block * key_dim * element; }
    constexpr index_t bytes() const {
        return round_up(values_offset() + (values_in_keys ? 0 : heads * key_block * value_stride() * element), 64);
    }

    friend constexpr bool operator==(const key_block_layout&, const key_block_layout&) = default;
};

// What attention sees of a cache. The blocks that hold live places are stored somewhere at base + stride · table[…]: a
// contiguous cache has an identity table as long as the context, a ring reuses its entries, a paged one has whatever
// its allocator gave. Places of a stored block that are not live may hold anything.
template <class T>
struct key_blocks {
    std::byte* base = nullptr;
    index_t stride = 0;                   // bytes from one stored block to the next
    std::span<const std::int32_t> table;  // block of the sequence → stored block; after the pinned ones it is a ring
    key_block_layout layout;
    range places;              // live places [begin, end) of the sequence …
    index_t pinned = 0;        // … and those before this one: sinks of a ring. Their blocks are not those of `places`
    bool consecutive = false;  // the position of every live place is the place: hulls need no look at memory

    // The spans of the key grid that hold live places, in rising order: spans(), of which the i-th is span_at(i).
    index_t spans() const { return pinned_spans() + ceil_div(places.end, key_span) - first_span(); }
    index_t span_at(index_t i) const { return i < pinned_spans() ? i : first_span() + i - pinned_spans(); }
    // The first i for which span_at(i) >= span.
    index_t index_of(index_t span) const {
        if (span < pinned_spans()) return span;
        return pinned_spans() + (span > first_span() ? span - first_span() : 0);
    }
    // The live lanes of block b; most are empty, unless b lies in a span of these.
    range lanes(index_t b) const {
        const range live = (b < pinned_blocks() && b < places.begin / key_block ? range{0, pinned} : places) &
                           range{b * key_block, (b + 1) * key_block};
        return {live.begin - b * key_block, live.end - b * key_block};
    }

    std::byte* block(index_t b) const {
        const index_t fixed = pinned_blocks();
        return base +
               stride * table[std::size_t(b < fixed ? b : fixed + (b - fixed) % (index_t(table.size()) - fixed))];
    }
    // Position (what window, ALiBi and rotary mean) of each place of block b: [key_block].
    std::int32_t* positions(index_t b) const { return reinterpret_cast<std::int32_t*>(block(b)); }
    // Keys of block b: [key_block / key_lanes][key_dim][key_lanes].
    T* keys(index_t b, index_t head) const {
        return reinterpret_cast<T*>(block(b) + layout.keys_offset()) + head * key_block * layout.key_dim;
    }
    // Values of block b: [key_block][value_stride]. Not for values in keys.
    T* values(index_t b, index_t head) const {
        return reinterpret_cast<T*>(block(b) + layout.values_offset()) + head * key_block * layout.value_stride();
    }
    // Elements of one place: the key's are key_lanes apart, the value's side by side.
    T* key(index_t place, index_t head) const {
        const index_t at = place % key_block;
        return keys(place / key_block, head) + at / key_lanes * key_lanes * layout.key_dim + at % key_lanes;
    }
    T* value(index_t place, index_t head) const {
        return values(place / key_block, head) + place % key_block * layout.value_stride();
    }
    // Element i of a value, wherever it lies.
    T& value_element(index_t place, index_t head, index_t i) const {
        return layout.values_in_keys ? key(place, head)[i * key_lanes] : value(place, head)[i];
    }
    std::int32_t& position(index_t place) const { return positions(place / key_block)[place % key_block]; }

    // Writes one place: its position, then for each head key_dim elements of key and value_dim of value, which is not
    // looked at when values lie in keys.
    void write(index_t place, std::int32_t at, const float* k, const float* v) const {
        position(place) = at;
        for (index_t h = 0; h < layout.heads; ++h) {
            T* to = key(place, h);
            for (index_t i = 0; i < layout.key_dim; ++i) to[i * key_lanes] = T(k[h * layout.key_dim + i]);
            if (layout.values_in_keys) continue;
            to = value(place, h);
            for (index_t i = 0; i < layout.value_dim; ++i) to[i] = T(v[h * layout.value_dim + i]);
        }
    }

private:
    index_t pinned_blocks() const { return ceil_div(pinned, key_block); }
    index_t pinned_spans() const { return ceil_div(pinned, key_span); }
    index_t first_span() const {
        const index_t first = places.begin / key_span;
        return first > pinned_spans() ? first : pinned_spans();
    }
};

}
