// What a cache has to hold: the heads of each layer, how far back each layer looks, and what it carries on.
#pragma once

#include <span>

#include "tessera/core/key_blocks.hpp"

namespace tessera::inline TESSERA_ABI::cache {

struct layer {
    index_t heads = 0;  // key/value heads
    index_t key_dim = 0;
    index_t value_dim = 0;
    index_t window = 0;           // a query sees the positions less than this many before it; 0: all
    index_t state = 0;            // floats of a recurrent state
    bool values_in_keys = false;  // a value is the beginning of its key, and not kept twice

    constexpr key_block_layout blocks_of(index_t element) const {
        return {heads, key_dim, value_dim, element, values_in_keys};
    }
};

using layout = std::span<const layer>;  // one per layer

// A layer's recurrent state before some rows, and where its state after them goes.
struct state_step {
    std::span<const float> before;
    std::span<float> after;
};

// What capacity_to_roll_back() says when every place can be given back.
inline constexpr index_t any_length = index_t(1) << 62;

}
