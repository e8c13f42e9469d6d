// Products of the shapes of BERT-base, ViT-B and SmolLM-135M on one core: multiply-adds against their measured peak,
// and, for one row, weights against the measured speed of reading as many bytes.
#include <benchmark/benchmark.h>

#include <vector>

#include "support/roofline.hpp"
#include "tessera/core/random.hpp"
#include "tessera/gemm/multiply.hpp"

using namespace tessera;
namespace quant = tessera::quant;

namespace {

template <class T>
gemm::linear random_weight(index_t outputs, index_t inputs) {
    std::vector<T> w(std::size_t(outputs * inputs));
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = T(random_uniform(1, i) - 0.5f);
    quant::stored_tensor t;
    t.format = std::is_same_v<T, float> ? quant::storage::f32
               : std::is_same_v<T, f16> ? quant::storage::f16
                                        : quant::storage::bf16;
    t.rank = 2;
    t.extents[0] = outputs;
    t.extents[1] = inputs;
    t.bytes = std::as_bytes(std::span(w));
    return gemm::linear::from(t);
}

// y = x · Wᵀ + b with arguments rows, outputs, inputs.
template <class T>
void product(benchmark::State& state) {
    const index_t m = state.range(0), n = state.range(1), k = state.range(2);
    const gemm::linear w = random_weight<T>(n, k);
    tensor<float> x({m, k}), y({m, n});
    tensor<float, 1> b({n});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(2, std::uint64_t(i)) - 0.5f;
    const gemm::bias after{b.data()};
    const exec::inline_executor here;
    workspace memory(1 << 20);
    double seconds = 0;
    for (auto _ : state) {
        const double start = benchmarks::thread_seconds();
        gemm::multiply(x.view(), {gemm::product{&w, y.view(), after}}, memory, here);
        seconds += benchmarks::thread_seconds() - start;
    }
    const double runs = double(state.iterations()), flops = 2.0 * double(m * n * k) * runs / seconds;
    state.counters["GFLOP/s"] = flops * 1e-9;
    state.counters["% of FMA peak"] = 100 * flops / benchmarks::fma_flops();
    if (m == 1) {
        const double bytes = double(w.bytes()) * runs / seconds;
        state.counters["GB/s"] = bytes * 1e-9;
        state.counters["% of reading"] = 100 * bytes / benchmarks::read_bandwidth(w.bytes());
    }
}

// Loading: a matrix of a file into panels.
void pack(benchmark::State& state) {
    const std::vector<float> w(std::size_t(state.range(0) * state.range(1)), 0.5f);
    for (auto _ : state) {
        const gemm::linear l = gemm::linear::from(view<const float>(w.data(), {state.range(0), state.range(1)}));
        benchmark::DoNotOptimize(&l);
    }
    state.counters["GB/s"] = benchmark::Counter(double(w.size()) * 4, benchmark::Counter::kIsIterationInvariantRate);
}

void shapes(benchmark::internal::Benchmark* b) {
    for (const std::vector<std::int64_t>& nk : {std::vector<std::int64_t>{768, 768},
                                                {3072, 768},
                                                {768, 3072},  // BERT-base, ViT-B
                                                {576, 576},
                                                {1536, 576},
                                                {576, 1536}})  // SmolLM-135M
        for (const std::int64_t m : {1, 4, 16, 128, 512}) b->Args({m, nk[0], nk[1]});
    b->Args({197, 768, 768});
    b->ArgNames({"rows", "outputs", "inputs"});
}

BENCHMARK_TEMPLATE(product, float)->Apply(shapes);
BENCHMARK_TEMPLATE(product, bf16)->Apply(shapes);
BENCHMARK_TEMPLATE(product, f16)->Apply(shapes);
BENCHMARK(pack)->Args({3072, 768})->Args({768, 3072});

}

BENCHMARK_MAIN();
