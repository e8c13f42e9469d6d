// Operations on rows: nanoseconds for 16 floats, and in percent of the speed of copying them.
#include <benchmark/benchmark.h>

#include "support/copy_speed.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/softmax.hpp"
#include "tessera/ops/topk.hpp"
#include "tessera/position/rope.hpp"

using namespace tessera;

namespace {

template <class F>
void rows(benchmark::State& state, F f) {
    static const double copy = benchmarks::copy_seconds_per_float();
    const index_t width = state.range(0), count = benchmarks::cached_floats / width;
    tensor<float> x({count, width}), memory({count + 1, width});
    const view<float> y = memory.view().slice({1, count + 1});  // not a whole number of pages away
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = float(i % 1000) * 0.01f - 5.0f;
    const double start = benchmarks::thread_seconds();
    for (auto _ : state) {
        f(x.view(), y);
        benchmarks::keep(y.data()[0]);
    }
    const double each = (benchmarks::thread_seconds() - start) / double(state.iterations()) / double(x.size());
    state.counters["ns_per_16"] = each * 16e9;
    state.counters["percent_of_copy"] = 100.0 * copy / each;
}

exec::inline_executor alone;

tensor<float, 1> ones(index_t n) {
    tensor<float, 1> t({n});
    for (float& v : t.flat()) v = 1.0f;
    return t;
}

void softmax(view<float> x, view<float> y) { ops::softmax(x, y, alone); }
void rms(view<float> x, view<float> y) {
    static const norm::rms n{ones(4096)};
    n(x, y, alone);
}
void layer(view<float> x, view<float> y) {
    static const norm::layer n{ones(4096), ones(4096)};
    n(x, y, alone);
}
void rope(view<float> x, view<float>, bool interleaved) {
    static const position::rope halves(position::rope_options{.dim = 64});
    static const position::rope pairs(position::rope_options{.dim = 64, .interleaved = true});
    std::vector<std::int32_t> positions;
    for (index_t r = 0; r < x.extent(0); ++r) positions.push_back(std::int32_t(r));
    (interleaved ? pairs : halves).apply(x, x.extent(1) / 64, positions, alone);
}
void arg_max(view<float> x, view<float> y) {
    for (index_t r = 0; r < x.extent(0); ++r) y(r, 0) = float(ops::arg_max({&x(r, 0), std::size_t(x.extent(1))}));
}
void top_40(view<float> x, view<float> y) {
    index_t best[40];
    for (index_t r = 0; r < x.extent(0); ++r)
        y(r, 0) = float(ops::top_k({&x(r, 0), std::size_t(x.extent(1))}, best)[0]);
}

}

BENCHMARK_CAPTURE(rows, softmax, softmax)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(rows, rms_norm, rms)->Arg(576)->Arg(4096);
BENCHMARK_CAPTURE(rows, layer_norm, layer)->Arg(768)->Arg(4096);
BENCHMARK_CAPTURE(rows, rope_halves, [](auto x, auto y) { rope(x, y, false); }) -> Arg(576);
BENCHMARK_CAPTURE(rows, rope_interleaved, [](auto x, auto y) { rope(x, y, true); }) -> Arg(576);
BENCHMARK_CAPTURE(rows, arg_max, arg_max)->Arg(16384);
BENCHMARK_CAPTURE(rows, top_40, top_40)->Arg(16384);
BENCHMARK_MAIN();
