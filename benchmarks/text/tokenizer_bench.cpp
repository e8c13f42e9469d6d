// Text to tokens and back, in bytes of text per second: the tokenizer of the embedded model on prose, and small ones on
// hard text.
#include <benchmark/benchmark.h>

#include <string>

#include "tessera/text/load_tokenizer.hpp"

namespace {

using namespace tessera;

const char* const folder = "examples/models/austen";

void set_counters(benchmark::State& state, std::size_t bytes, std::size_t tokens) {
    state.SetBytesProcessed(std::int64_t(state.iterations()) * std::int64_t(bytes));
    state.counters["tokens/s"] = benchmark::Counter(double(tokens), benchmark::Counter::kIsIterationInvariantRate);
}

void encode(benchmark::State& state, const std::string& path, const std::string& text) {
    const text::tokenizer words = text::load_tokenizer(path);
    std::size_t tokens = 0;
    for (auto _ : state) tokens = words.encode(text).size();
    set_counters(state, text.size(), tokens);
}

void decode(benchmark::State& state, const std::string& path, const std::string& text) {
    const text::tokenizer words = text::load_tokenizer(path);
    const std::vector<token_t> ids = words.encode(text);
    for (auto _ : state) benchmark::DoNotOptimize(words.decode(ids));
    set_counters(state, text.size(), ids.size());
}

void load(benchmark::State& state, const std::string& path) {
    for (auto _ : state) benchmark::DoNotOptimize(text::load_tokenizer(path).size());
}

}

// Run from the root of the project; other tokenizers: PATH... after the options, for which the same text is used.
int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const std::string prose(io::mapped_file(std::string(folder) + "/held-out.txt").text());
    std::string hard;
    while (hard.size() < 100'000)
        hard += "größe naïve 你好，世界 привет 🙂👩‍👩‍👧 x = f(1234, 'a');\n\t\treturn\n";
    std::vector<std::string> paths = {folder};
    for (int i = 1; i < argc; ++i) paths.emplace_back(argv[i]);
    for (const std::string& path : paths) {
        benchmark::RegisterBenchmark(("encode/prose/" + path).c_str(), encode, path, prose);
        benchmark::RegisterBenchmark(("encode/hard/" + path).c_str(), encode, path, hard);
        benchmark::RegisterBenchmark(("decode/prose/" + path).c_str(), decode, path, prose);
        benchmark::RegisterBenchmark(("load/" + path).c_str(), load, path);
    }
    benchmark::RunSpecifiedBenchmarks();
}
