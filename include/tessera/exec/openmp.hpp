// Loops shared out by the OpenMP runtime, for programs that use it already; there only when compiled with -fopenmp.
#pragma once

#if defined(_OPENMP)
#include <omp.h>

#include <algorithm>
#include <exception>

#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// The same static shares as thread_pool. Runs inside a parallel region go inline; each calling thread has its own team.
class openmp {
public:
    openmp() : workers_(omp_get_max_threads()) {}
    explicit openmp(index_t workers) : workers_(workers) {}

    index_t concurrency() const { return workers_; }

    void run(index_t n, index_t grain, task_ref f) const {
        const index_t parts = std::min(workers_, ceil_div(n, grain));
        if (parts <= 1 || omp_in_parallel() != 0) {
            if (n > 0) f(range{0, n}, 0);
            return;
        }
        std::exception_ptr failure;
#pragma omp parallel num_threads(static_cast <int>(parts))
        {
            const index_t w = omp_get_thread_num();
            try {
                const range share = share_of(n, grain, w, omp_get_num_threads());
                if (!share.empty()) f(share, w);
            } catch (...) {
#pragma omp critical(tessera_exec_openmp)
                if (!failure) failure = std::current_exception();
            }
        }
        if (failure) std::rethrow_exception(failure);
    }

private:
    index_t workers_;
};

}
#endif
