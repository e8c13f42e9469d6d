// How the columns of queries, keys and values are divided into heads.
#pragma once

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::attention {

struct heads {
    index_t query = 1;            // heads of the queries and of the output
    index_t key = 1;              // heads of the keys and values; query head h reads key head h / group()
    index_t key_dim = 0;          // elements of a query and of a key
    index_t value_dim = 0;        // elements of a value and of an output
    float scale = 1.0f;           // what q·k is multiplied with, usually 1/√key_dim
    bool values_in_keys = false;  // a value is the first value_dim elements of its key

    constexpr index_t group() const { return query / key; }
};

}
