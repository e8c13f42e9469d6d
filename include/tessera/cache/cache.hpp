// The concept of a cache: keys and values of every layer of one sequence, in blocks that attention reads where they
// lie.
#pragma once

#include <concepts>
#include <span>

#include "tessera/cache/layout.hpp"
#include "tessera/core/bits.hpp"

namespace tessera::inline TESSERA_ABI::cache {

// A forward pass appends to each layer the places of its rows, writes their keys and values through view(), and attends
// to them; they stay tentative until commit(). Layers have their own lengths and positions.
template <class C>
concept cache = std::movable<C> &&
    requires(C& c, const C& seen, index_t i, std::span<const std::int32_t> positions, std::span<const index_t> path) {
    typename C::stored;  // float or f16
    { seen.layers() } -> std::convertible_to<index_t>;
    // Makes room for rows at these positions in layer i, all or none: errc::capacity when there is none.
    { c.append(i, positions) } -> std::same_as<range>;
    // Everything live in layer i, tentative places included.
    { c.view(i) } -> std::same_as<key_blocks<typename C::stored>>;
    // Committed places of layer i.
    { seen.length(i) } -> std::convertible_to<index_t>;
    // Keeps all tentative places; or those numbered path[0] < path[1] < … among them, moved together.
    c.commit();
    c.commit(path);
    // Drops what is tentative and every place whose position is i or later, and more where it cannot go back to just
    // there, 0 at worst; returns the position from which rows must be run again.
    { c.truncate(i) } -> std::convertible_to<index_t>;
    // How many of the last places truncate() drops exactly: 0, a number, or any_length.
    { seen.capacity_to_roll_back() } -> std::convertible_to<index_t>;
    { seen.fork() } -> std::same_as<C>;
    // Memory that it owns.
    { seen.bytes() } -> std::convertible_to<index_t>;
} &&(std::same_as<typename C::stored, float> || std::same_as<typename C::stored, f16>);

// A cache that keeps recurrent states too: of layer i, for a pass of `rows` rows. They begin as zeros, and what is
// written stays tentative until commit().
template <class C>
concept recurrent = cache<C> && requires(C& c, index_t i, index_t rows) {
    { c.state(i, rows) } -> std::same_as<state_step>;
};

}
