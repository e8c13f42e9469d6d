// Keys and values of one layer of one sequence, spread over blocks of 64 places on an absolute grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

// The absolute key grid: place p of a sequence lies in block p / key_block, whatever cache holds it. Softmax partials are
// computed per block and merged in block order, so a row's bits never depend on how its keys are stored or were appended.
inline constexpr index_t key_block = 64;
// Within a block keys lie with key_lanes places side by side: the products q·k run over the head dimension, one key a lane.
inline constexpr index_t key_lanes = 16;

// How the bytes of one block are divided. T is the stored type (float, bf16, f16).
struct key_block_layout {
    index_t heads = 0;       // key/value heads
    index_t key_dim = 0;     // elements of a key
    index_t value_dim = 0;   // elements of a value
    index_t element = 4;     // bytes of T

    constexpr index_t keys_offset() const { return key_block * index_t(sizeof(std::int32_t)); }
    constexpr index_t values_offset() const { return keys_offset() + heads * key_block * key_dim * element; }
    constexpr index_t bytes() const { return round_up(values_offset() + heads * key_block * value_dim * element, 64); }

    friend constexpr bool operator==(const key_block_layout&, const key_block_layout&) = default;
};

// What attention sees of a cache. Block b of the sequence lies at base + stride · table[b % table.size()]: a contiguous cache
// has an identity table as long as the context, a ring one as long as the ring, a paged one whatever its allocator gave.
template <class T>
struct key_blocks {
    std::byte* base = nullptr;
    index_t stride = 0;                         // bytes from one stored block to the next
    std::span<const std::int32_t> table;        // block of the sequence → stored block
    key_block_layout layout;
    range places;                               // live places [first, end) of the sequence

    std::byte* block(index_t b) const { return base + stride * table[std::size_t(b) % table.size()]; }
    // Position (what window, ALiBi and rotary mean) of each place of block b: [key_block].
    std::int32_t* positions(index_t b) const { return reinterpret_cast<std::int32_t*>(block(b)); }
    // Keys of block b: [key_block / key_lanes][key_dim][key_lanes].
    T* keys(index_t b, index_t head) const {
        return reinterpret_cast<T*>(block(b) + layout.keys_offset()) + head * key_block * layout.key_dim;
    }
    // Values of block b: [key_block][value_dim].
    T* values(index_t b, index_t head) const {
        return reinterpret_cast<T*>(block(b) + layout.values_offset()) + head * key_block * layout.value_dim;
    }

    // Writes one place: its position, then for each head key_dim elements of key and value_dim of value.
    void write(index_t place, std::int32_t position, const float* key, const float* value) const {
        const index_t b = place / key_block, at = place % key_block;
        positions(b)[at] = position;
        for (index_t h = 0; h < layout.heads; ++h) {
            T* k = keys(b, h) + at / key_lanes * key_lanes * layout.key_dim + at % key_lanes;
            for (index_t i = 0; i < layout.key_dim; ++i) k[i * key_lanes] = T(key[h * layout.key_dim + i]);
            T* v = values(b, h) + at * layout.value_dim;
            for (index_t i = 0; i < layout.value_dim; ++i) v[i] = T(value[h * layout.value_dim + i]);
        }
    }
};

}
