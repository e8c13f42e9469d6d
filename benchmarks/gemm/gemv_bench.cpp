// Weights in blocks times one row and times many: bytes of weights and integer operations per second of one core, and
// what part that is of reading memory and of the processor's own integer dot products, measured in the same run.
#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "support/dot_roofline.hpp"
#include "support/roofline.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/gemm/packed_blocks.hpp"
#include "tessera/quant/any.hpp"

using namespace tessera;

namespace {

constexpr index_t inputs = 2048;

template <quant::format F>
std::vector<typename F::block> random_blocks(index_t count) {
    using block = typename F::block;
    std::vector<block> blocks(static_cast<std::size_t>(count));
    std::uint32_t state = 1;
    auto* bytes = reinterpret_cast<std::uint8_t*>(blocks.data());
    for (std::size_t i = 0; i < blocks.size() * sizeof(block); ++i) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = std::uint8_t(state >> 24);
    }
    const std::uint16_t scale = f16(0.01f).bits;
    for (block& b : blocks) {
        if constexpr (requires { b.d; }) {
            std::memcpy(static_cast<void*>(&b.d), &scale, 2);
        } else {
            b.e = 120;  // a power of two
        }
    }
    return blocks;
}

quant::activation_rows random_rows(workspace& memory, index_t rows) {
    const auto x = quant::activation_rows::take(memory, rows, inputs);
    std::vector<float> row(static_cast<std::size_t>(inputs));
    std::uint32_t state = 2;
    for (index_t r = 0; r < rows; ++r) {
        for (float& v : row) {
            state = state * 1664525u + 1013904223u;
            v = float(state >> 8) / float(1u << 23) - 1.0f;
        }
        x.quantise_row(r, row.data());
    }
    return x;
}

double bandwidth(index_t bytes) {
    static std::map<index_t, double> known;
    const auto at = known.find(bytes);
    return at != known.end() ? at->second : known[bytes] = benchmarks::read_bandwidth(bytes);
}

template <quant::format F>
void packed_blocks(benchmark::State& state) {
    const index_t rows = state.range(0), megabytes = state.range(1);
    const index_t row_bytes = inputs / quant::block_elements<F> * index_t(sizeof(typename F::block));
    const index_t outputs = (megabytes << 20) / row_bytes / 64 * 64;
    const auto blocks = random_blocks<F>(outputs * inputs / quant::block_elements<F>);
    const auto w =
        gemm::packed_blocks<F>(quant::stored_tensor{F::id, 2, {outputs, inputs}, std::as_bytes(std::span(blocks))});
    workspace memory(rows * inputs * 2 + 4096);
    const quant::activations x = random_rows(memory, rows);
    tensor<float> y({rows, outputs});
    for (auto _ : state) {
        w.multiply(x, {0, outputs}, y);
        benchmark::ClobberMemory();
    }
    static const double most_ops = benchmarks::dot_ops();
    const double bytes = double(w.bytes()) * double(state.iterations());
    const double ops = 2.0 * double(rows * outputs * inputs) * double(state.iterations());
    const auto rate = [](double v) { return benchmark::Counter(v, benchmark::Counter::kIsRate); };
    state.counters["GB/s"] = rate(bytes * 1e-9);
    state.counters["GOP/s"] = rate(ops * 1e-9);
    state.counters["%read"] = rate(100 * bytes / bandwidth(w.bytes()));
    state.counters["%dot"] = rate(100 * ops / most_ops);
}

void quantise(benchmark::State& state) {
    std::vector<float> x(static_cast<std::size_t>(inputs));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 91) - 45.0f;
    workspace memory(inputs * 2 + 4096);
    const auto q = quant::activation_rows::take(memory, 1, inputs);
    for (auto _ : state) {
        q.quantise_row(0, x.data());
        benchmark::ClobberMemory();
    }
    state.counters["GB/s"] =
        benchmark::Counter(double(inputs) * 4e-9 * double(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(quantise);

template <quant::format F>
void enter(std::type_identity<F>) {
    auto* b = benchmark::RegisterBenchmark(std::string(quant::name_of(F::id)).c_str(), packed_blocks<F>);
    b->ArgNames({"rows", "MiB"})->Args({1, 1})->Args({1, 96})->Args({4, 1})->Args({16, 1})->Args({128, 1});
    b->MinTime(0.1);
}

}

int main(int argc, char** argv) {
    using quant::storage;
    for (const storage s : {storage::q8_0, storage::q5_0, storage::q5_1, storage::q4_0, storage::q4_1, storage::q4_k,
                            storage::q5_k, storage::q6_k, storage::iq4_nl, storage::mxfp4})
        quant::visit_format(s, [](auto format) { enter(format); });
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
