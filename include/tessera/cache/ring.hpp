// A cache in which layers with a window keep only what it still shows; the others hold a whole context.
#pragma once

#include "tessera/cache/blocks.hpp"
#include "tessera/cache/ref.hpp"

namespace tessera::inline TESSERA_ABI::cache {

struct ring {
    index_t places = 0;                         // of the context; 0: as many as the model was trained for
    index_t chunk = 512;                        // most rows of one forward pass, tentative ones included
    index_t sinks = 0;                          // first places that are kept whatever the window
    quant::storage type = quant::storage::f32;  // or f16
    index_t snapshots = 1;                      // recurrent states kept, as in contiguous

    constexpr extent held() const {
        return {.places = places, .chunk = chunk, .pinned = sinks, .snapshots = snapshots};
    }
    index_t bytes(layout l) const {
        return with_type(type, [&]<class T>(T) { return blocks<T>::bytes_for(l, held()); });
    }
    any make(layout l) const {
        return with_type(type, [&]<class T>(T) { return any(blocks<T>(l, held())); });
    }
};

}
