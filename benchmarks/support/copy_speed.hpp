// The time of copying floats within the second-level cache: what an element-wise operation cannot undercut.
#pragma once

#include <cstring>
#include <vector>

#include "support/roofline.hpp"

namespace tessera::benchmarks {

inline constexpr index_t cached_floats = 16384;  // 64 KiB in, 64 KiB out

inline double copy_seconds_per_float() {
    std::vector<float> from(cached_floats, 1.0f), memory(cached_floats + 512);
    float* to = memory.data() + 512;  // not a whole number of pages away
    std::vector<double> times;
    for (int repeat = 0; repeat < 15; ++repeat) {
        const double start = thread_seconds();
        for (int i = 0; i < 200; ++i) {
            keep(from[0]);
            std::memcpy(to, from.data(), cached_floats * sizeof(float));
            keep(to[0]);
        }
        times.push_back((thread_seconds() - start) / 200 / double(cached_floats));
    }
    return median(times);
}

}
