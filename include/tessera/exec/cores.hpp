// How many cores this process may use.
#pragma once

#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// Those in the calling thread's affinity mask where the system tells, else all of them; at least 1.
inline index_t cores_allowed() {
#if defined(__linux__)
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) > 0) return CPU_COUNT(&mask);
#endif
    const unsigned n = std::thread::hardware_concurrency();
    return n == 0 ? 1 : index_t(n);
}

}
