// A convolution whose channels fall into groups, each of which sees itself alone.
#pragma once

#include <vector>

#include "tessera/conv/strided.hpp"

namespace tessera::inline TESSERA_ABI::conv {

struct grouped {
    std::vector<strided> groups;  // one at least, all of one shape

    index_t bytes() const {
        index_t n = 0;
        for (const strided& g : groups) n += g.bytes();
        return n;
    }
    index_t rows_of(index_t places) const { return groups.front().rows_of(places); }

    // x: [places, channels of all groups]; y: [rows_of(places), outputs of all groups].
    void operator()(view<const float> x, view<float> y, workspace& memory, exec::executor_ref run) const {
        index_t in = 0, out = 0;
        for (const strided& g : groups) {
            g(x.columns({in, in + g.channels()}), y.columns({out, out + g.outputs()}), memory, run);
            in += g.channels();
            out += g.outputs();
        }
    }
};

}
