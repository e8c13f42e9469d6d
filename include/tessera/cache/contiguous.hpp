// A cache with room for a whole context in every layer.
#pragma once

#include "tessera/cache/blocks.hpp"
#include "tessera/cache/ref.hpp"

namespace tessera::inline TESSERA_ABI::cache {

// session(model, cache::contiguous{.places = 2048}, pool)
struct contiguous {
    index_t places = 0;  // of the context, rounded up to 64; 0: as many as the model was trained for
    quant::storage type = quant::storage::f32;  // or f16
    index_t snapshots = 1;  // recurrent states kept to go back to: those before the last passes of several rows

    constexpr extent held() const { return {.places = places, .snapshots = snapshots}; }

    // What make(l).bytes() will be; nothing is allocated.
    index_t bytes(layout l) const {
        return with_type(type, [&]<class T>(T) { return blocks<T>::bytes_for(l, held()); });
    }
    any make(layout l) const {
        return with_type(type, [&]<class T>(T) { return any(blocks<T>(l, held())); });
    }
};

}
