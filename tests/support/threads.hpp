// An executor with as many threads as asked for, whatever the machine has, started for each region.
#pragma once

#include <thread>
#include <vector>

#include "tessera/exec/executor.hpp"

namespace tessera::testing {

struct threads {
    index_t n;

    index_t concurrency() const { return n; }
    void run(index_t count, index_t grain, exec::task_ref f) const {
        std::vector<std::thread> workers;
        for (index_t w = 0; w < n; ++w)
            workers.emplace_back([=, this] {
                const range part = share_of(count, grain, w, n);
                if (!part.empty()) f(part, w);
            });
        for (std::thread& w : workers) w.join();
    }
};

}
