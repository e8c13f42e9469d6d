// Elementary functions: nanoseconds for 16 floats, and in percent of the speed of copying them.
#include "tessera/simd/math.hpp"

#include <benchmark/benchmark.h>

#include "support/copy_speed.hpp"
#include "tessera/ops/activation.hpp"
#include "tessera/simd/reduce.hpp"

using namespace tessera;

namespace {

template <class F>
void elementwise(benchmark::State& state, F f) {
    static const double copy = benchmarks::copy_seconds_per_float();
    std::vector<float> x(benchmarks::cached_floats), memory(x.size() + 512);
    float* y = memory.data() + 512;  // not a whole number of pages away
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 1000) * 0.01f - 5.0f;
    const double start = benchmarks::thread_seconds();
    for (auto _ : state) {
        simd::map(x.data(), y, index_t(x.size()), f);
        benchmarks::keep(y[0]);
    }
    const double each = (benchmarks::thread_seconds() - start) / double(state.iterations()) / double(x.size());
    state.counters["ns_per_16"] = each * 16e9;
    state.counters["percent_of_copy"] = 100.0 * copy / each;
}

}

BENCHMARK_CAPTURE(elementwise, copy, [](simd::floats x) { return x; });
BENCHMARK_CAPTURE(elementwise, exp, [](simd::floats x) { return simd::exp(x); });
BENCHMARK_CAPTURE(elementwise, exp2, [](simd::floats x) { return simd::exp2(x); });
BENCHMARK_CAPTURE(elementwise, log, [](simd::floats x) { return simd::log(x); });
BENCHMARK_CAPTURE(elementwise, tanh, [](simd::floats x) { return simd::tanh(x); });
BENCHMARK_CAPTURE(elementwise, sigmoid, [](simd::floats x) { return simd::sigmoid(x); });
BENCHMARK_CAPTURE(elementwise, erf, [](simd::floats x) { return simd::erf(x); });
BENCHMARK_CAPTURE(elementwise, gelu, ops::gelu{});
BENCHMARK_CAPTURE(elementwise, gelu_tanh, ops::gelu_tanh{});
BENCHMARK_CAPTURE(elementwise, silu, ops::silu{});
BENCHMARK_MAIN();
