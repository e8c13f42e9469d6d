// Attention on one core: prefill as a percentage of the multiply-add peak, decode as one of the bandwidth of reading as
// many bytes as its keys and values have, both measured in the same run.
#include <benchmark/benchmark.h>

#include <vector>

#include "support/roofline.hpp"
#include "tessera/attention/attend.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/full.hpp"
#include "tessera/attention/window.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/random.hpp"

namespace {

using namespace tessera;

// `rows` queries at the end of `places` keys.
template <class T>
struct problem {
    problem(attention::heads h, index_t rows, index_t places)
        : heads(h),
          q({rows, h.query * h.key_dim}),
          k({places, h.key * h.key_dim}),
          v({places, h.key * h.value_dim}),
          out({rows, h.query * h.value_dim}),
          batch{0, rows},
          keys(1),
          storage(1 << 28) {
        std::uint64_t drawn = 0;
        for (tensor<float>* t : {&q, &k, &v})
            for (float& x : t->flat()) x = 2 * random_uniform(1, drawn++) - 1;
        const key_block_layout layout{h.key, h.key_dim, h.value_dim, sizeof(T)};
        const index_t blocks = ceil_div(places, key_block);
        for (index_t b = 0; b < blocks; ++b) table.push_back(std::int32_t(b));
        keys[0] = {.base = storage.take<std::byte>(blocks * layout.bytes()),
                   .stride = layout.bytes(),
                   .table = table,
                   .layout = layout,
                   .places = {0, places},
                   .consecutive = true};
        for (index_t p = 0; p < places; ++p) keys[0].position(p) = std::int32_t(p);
        for (index_t r = places - rows; r < places; ++r) positions.push_back(std::int32_t(r));
        exec::inline_executor one;
        attention::write(keys[0], {0, places}, k.view(), v.view(), one);
    }

    template <class P>
    double seconds(const P& policy) {
        exec::inline_executor one;
        const double start = benchmarks::thread_seconds();
        attention::attend<P, T>(q.view(), out.view(), positions, {batch}, keys, heads, policy, storage, one);
        return benchmarks::thread_seconds() - start;
    }
    index_t bytes() const { return k.size() * index_t(sizeof(T)) + v.size() * index_t(sizeof(T)); }

    attention::heads heads;
    tensor<float> q, k, v, out;
    std::vector<index_t> batch;
    std::vector<std::int32_t> table, positions;
    std::vector<key_blocks<T>> keys;
    workspace storage;
};

attention::heads heads_of(index_t query, index_t key, index_t dim) {
    return {.query = query, .key = key, .key_dim = dim, .value_dim = dim, .scale = 0.125f};
}

// Pairs of a row and a key that it sees.
template <class P>
double live_pairs(const P& policy, index_t n) {
    double pairs = 0;
    for (std::int32_t i = 0; i < n; ++i)
        for (std::int32_t j = 0; j < n; ++j)
            pairs += attention::is_live(policy, attention::query{i, i, 0, 0}, attention::key{j, j}) ? 1 : 0;
    return pairs;
}

template <class T, class P>
void prefill(benchmark::State& state, T, P policy) {
    static const double peak = benchmarks::fma_flops();
    const index_t n = state.range(0), dim = state.range(1);
    problem<T> p(heads_of(4, 4, dim), n, n);
    std::vector<double> times;
    for (auto _ : state) {
        times.push_back(p.seconds(policy));
        state.SetIterationTime(times.back());
    }
    const double rate = 4.0 * 4 * double(dim) * live_pairs(policy, n) / benchmarks::median(times);
    state.counters["GFLOP/s"] = rate * 1e-9;
    state.counters["%peak"] = 100 * rate / peak;
}

template <class T>
void decode(benchmark::State& state) {
    const index_t places = state.range(0), group = state.range(1);
    problem<T> p(heads_of(4 * group, 4, 64), 1, places);
    const double peak = benchmarks::read_bandwidth(p.bytes());
    std::vector<double> times;
    for (auto _ : state) {
        times.push_back(p.seconds(attention::causal{}));
        state.SetIterationTime(times.back());
    }
    const double rate = double(p.bytes()) / benchmarks::median(times);
    state.counters["GB/s"] = rate * 1e-9;
    state.counters["%read"] = 100 * rate / peak;
}

using local = attention::both<attention::causal, attention::window>;
constexpr local last_256{{}, {256}};

void shapes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"n", "head"})->ArgsProduct({{512, 2048}, {64, 128}})->UseManualTime()->Unit(benchmark::kMillisecond);
}
void contexts(benchmark::internal::Benchmark* b) {
    b->ArgNames({"context", "group"})
        ->ArgsProduct({{512, 2048, 8192}, {1, 3}})
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(prefill, full_f32, float{}, attention::full{})->Apply(shapes);
BENCHMARK_CAPTURE(prefill, causal_f32, float{}, attention::causal{})->Apply(shapes);
BENCHMARK_CAPTURE(prefill, window_f32, float{}, last_256)->Apply(shapes);
BENCHMARK_CAPTURE(prefill, full_f16, f16{}, attention::full{})->Apply(shapes);
BENCHMARK(decode<float>)->Apply(contexts);
BENCHMARK(decode<f16>)->Apply(contexts);

}

BENCHMARK_MAIN();
