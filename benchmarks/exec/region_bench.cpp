// What it costs to hand out a loop that does nothing, and what a pool uses while it has nothing to do.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "tessera/exec/openmp.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

using clock_type = std::chrono::steady_clock;

double microseconds(clock_type::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

// Wall time of a region while regions follow one another: the lower quartile, since a neighbour on the same core only
// adds.
template <class Executor>
void hot(benchmark::State& state) {
    Executor e(state.range(0));
    const exec::executor_ref run(e);
    const index_t n = state.range(0);
    std::vector<double> times;
    for (auto _ : state) {
        const clock_type::time_point begin = clock_type::now();
        for (int i = 0; i < 100; ++i) run.run(n, 1, [](range, index_t) {});
        times.push_back(microseconds(clock_type::now() - begin) / 100.0);
    }
    std::sort(times.begin(), times.end());
    state.counters["us_per_region"] = times[times.size() / 4];
    state.counters["us_at_best"] = times.front();
}

// A region after the pool has gone to sleep, and the processor time of a millisecond of sleep.
void asleep(benchmark::State& state) {
    exec::thread_pool pool(state.range(0));
    std::vector<double> wake;
    double used = 0.0;
    for (auto _ : state) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::clock_t before = std::clock();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        used += double(std::clock() - before) / CLOCKS_PER_SEC * 1e6 / 10.0;
        const clock_type::time_point begin = clock_type::now();
        pool.run(pool.concurrency(), 1, [](range, index_t) {});
        wake.push_back(microseconds(clock_type::now() - begin));
    }
    std::sort(wake.begin(), wake.end());
    state.counters["us_to_wake"] = wake[wake.size() / 2];
    state.counters["cpu_us_per_idle_ms"] = used / double(state.iterations());
}

}

BENCHMARK_TEMPLATE(hot, exec::thread_pool)->Arg(1)->Arg(2)->UseRealTime();
#if defined(_OPENMP)
BENCHMARK_TEMPLATE(hot, exec::openmp)->Arg(2)->UseRealTime();
#endif
BENCHMARK(asleep)->Arg(2)->Iterations(50)->UseRealTime();
BENCHMARK_MAIN();
