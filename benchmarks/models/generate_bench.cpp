// Tokens per second of the embedded language model: prompts and single steps, beside what memory and multipliers allow.
#include <benchmark/benchmark.h>

#include <vector>

#include "families/families.hpp"
#include "support/roofline.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"

using namespace tessera;

namespace {

const models::any& austen() {
    static const models::any model = examples::open_model(models::open_checkpoint("examples/models/austen"));
    return model;
}

std::vector<token_t> some_tokens(index_t n) {
    std::vector<token_t> ids;
    for (index_t i = 0; i < n; ++i) ids.push_back(token_t(i * 37 % 2048));
    return ids;
}

// Multiplications and additions of the products of one token: two for each weight.
double operations_per_token() { return 2.0 * double(austen()->weight_bytes()) / sizeof(bf16); }

void prompt(benchmark::State& state) {
    exec::thread_pool pool(state.range(1));
    const auto ids = some_tokens(state.range(0));
    session story(austen(), cache::contiguous{}, pool);
    for (auto _ : state) {
        story.truncate(0);
        story.prefill(ids);
    }
    const double tokens = double(state.iterations()) * double(ids.size());
    state.counters["tokens/s"] = benchmark::Counter(tokens, benchmark::Counter::kIsRate);
    state.counters["GFLOP/s"] = benchmark::Counter(tokens * operations_per_token() / 1e9, benchmark::Counter::kIsRate);
    state.counters["% of FMA peak"] =
        benchmark::Counter(100.0 * tokens * operations_per_token() / (benchmarks::fma_flops() * double(state.range(1))),
                           benchmark::Counter::kIsRate);
}

void step(benchmark::State& state) {
    exec::thread_pool pool(state.range(1));
    session story(austen(), cache::contiguous{}, pool);
    const auto past = some_tokens(state.range(0));
    story.prefill(past);
    for (auto _ : state) {
        story.step(5);
        state.PauseTiming();
        story.truncate(index_t(past.size()));
        state.ResumeTiming();
    }
    const double bytes = double(state.iterations()) * double(austen()->weight_bytes());
    const double read = benchmarks::read_bandwidth(austen()->weight_bytes() / state.range(1)) * double(state.range(1));
    state.counters["tokens/s"] = benchmark::Counter(double(state.iterations()), benchmark::Counter::kIsRate);
    state.counters["GB/s"] = benchmark::Counter(bytes / 1e9, benchmark::Counter::kIsRate);
    state.counters["% of read bandwidth"] = benchmark::Counter(100.0 * bytes / read, benchmark::Counter::kIsRate);
}

}

// Tokens of the prompt or of the past, threads.
BENCHMARK(prompt)->ArgsProduct({{128, 448}, {1, 2}})->UseRealTime();
BENCHMARK(step)->ArgsProduct({{16, 448}, {1, 2}})->UseRealTime();

BENCHMARK_MAIN();
