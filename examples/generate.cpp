// Continues a prompt with a language model, or talks with it.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/decode/stop.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/adapter.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/sample/dry.hpp"
#include "tessera/sample/top_n_sigma.hpp"
#include "tessera/sample/typical.hpp"
#include "tessera/sample/xtc.hpp"
#include "tessera/text/chat.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace {

using clock_type = std::chrono::steady_clock;
double seconds_since(clock_type::time_point begin) {
    return std::chrono::duration<double>(clock_type::now() - begin).count();
}

struct arguments {
    std::string model, prompt, system, stats_file;
    bool interactive = false, greedy = false, chat = false, ids = false, slide = false, half = false;
    tessera::index_t max_tokens = 256, threads = 0, context = 0;
    std::optional<tessera::index_t> top_k;
    std::optional<float> temperature, top_p, min_p, repetition;
    float presence = 0, frequency = 0, typical = 1, top_n_sigma = 0, xtc = 0, xtc_threshold = 0.1f, dry = 0;
    std::uint64_t seed = 0;
    std::vector<std::string> stops;
    std::vector<std::filesystem::path> adapters;
};

void declare(CLI::App& app, arguments& a) {
    app.add_option("MODEL", a.model, "A directory with config.json and *.safetensors, or a .gguf file")->required();
    app.add_option("--adapter", a.adapters, "A directory with a LoRA adapter to merge (may be repeated)");
    auto* prompt = app.add_option("--prompt", a.prompt, "Text to continue");
    app.add_flag("--interactive", a.interactive, "Read turns from standard input, one a line")->excludes(prompt);
    app.add_flag("--chat", a.chat, "Put each turn into the model's chat template");
    app.add_option("--system", a.system, "System message of a chat");
    app.add_option("--max-tokens", a.max_tokens, "Tokens to generate at most in a turn")->capture_default_str();
    app.add_option("--context", a.context,
                   "Tokens to keep room for (default: what the model was made for, at most 4096)");
    app.add_flag("--slide", a.slide, "When the context is full, forget its middle instead of stopping");
    app.add_flag("--f16-cache", a.half, "Keep keys and values in 16 bits");
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    app.add_option("--seed", a.seed, "Seed of random draws")->capture_default_str();
    app.add_option("--stop", a.stops, "End the text before this string (may be repeated)");
    app.add_flag("--ids", a.ids, "Print the new token ids instead of text");
    app.add_option("--stats", a.stats_file, "Write statistics to this file as JSON");
    const auto sampling = app.add_option_group("Sampling (default: the model's generation_config.json)");
    sampling->add_flag("--greedy", a.greedy, "Always the most probable token");
    sampling->add_option("--temperature", a.temperature, "Above 1 flattens, below 1 sharpens")
        ->check(CLI::PositiveNumber);
    sampling->add_option("--top-k", a.top_k, "Only the k most probable tokens");
    sampling->add_option("--top-p", a.top_p, "Only the most probable tokens that together reach p");
    sampling->add_option("--min-p", a.min_p, "Only tokens at least p times as probable as the best");
    sampling->add_option("--typical", a.typical, "Only the most typical tokens that together reach this mass");
    sampling->add_option("--top-n-sigma", a.top_n_sigma, "Only logits within so many deviations of the largest");
    sampling->add_option("--xtc", a.xtc, "Probability of a step that drops the top choices but the last of them");
    sampling->add_option("--xtc-threshold", a.xtc_threshold, "Probability of a top choice")->capture_default_str();
    sampling->add_option("--dry", a.dry, "Above 0: less of what would lengthen a repetition");
    sampling->add_option("--repetition-penalty", a.repetition, "Above 1: less of what was said");
    sampling->add_option("--presence-penalty", a.presence, "Taken off each token already generated");
    sampling->add_option("--frequency-penalty", a.frequency, "The same, times how often");
}

// The model's defaults, changed by what the command line says.
tessera::models::generation_defaults sampling_of(const arguments& a, const tessera::io::json& defaults) {
    auto d = tessera::models::read_generation_defaults(defaults);
    d.samples = !a.greedy && (d.samples || a.temperature || a.top_k || a.top_p || a.min_p || a.typical < 1 ||
                              a.top_n_sigma > 0 || a.xtc > 0);
    d.temperature = a.temperature.value_or(d.temperature);
    d.top_k = a.top_k.value_or(d.top_k);
    d.top_p = a.top_p.value_or(d.top_p);
    d.min_p = a.min_p.value_or(d.min_p);
    d.repetition = a.repetition.value_or(d.repetition);
    d.presence = a.presence;
    d.frequency = a.frequency;
    return d;
}

// Before the model's own sampler, those that do nothing unless the command line asks for them.
auto sampler_of(const arguments& a, const tessera::models::generation_defaults& d) {
    return tessera::sample::dry({.multiplier = a.dry}) | tessera::sample::typical(a.typical) |
           tessera::sample::top_n_sigma(a.top_n_sigma) |
           tessera::sample::xtc({.probability = a.xtc, .threshold = a.xtc_threshold, .seed = a.seed}) |
           tessera::models::default_sampler(d, a.seed);
}

struct statistics {
    double load_s = 0, prompt_s = 0, decode_s = 0;
    tessera::index_t prompt_tokens = 0, decode_tokens = 0, decode_steps = 0;
    tessera::model::memory_plan memory;
};

double rate(tessera::index_t tokens, double seconds) { return seconds > 0 ? double(tokens) / seconds : 0; }

void print(const statistics& s) {
    const auto mib = [](tessera::index_t bytes) { return double(bytes) / (1 << 20); };
    std::fprintf(stderr, "loaded in %.3f s; prompt %td tokens, %.1f tokens/s; generated %td tokens, %.1f tokens/s\n",
                 s.load_s, s.prompt_tokens, rate(s.prompt_tokens, s.prompt_s), s.decode_tokens,
                 rate(s.decode_steps, s.decode_s));
    std::fprintf(stderr, "weights %.1f MiB, cache %.1f MiB, workspace %.1f MiB\n", mib(s.memory.weights),
                 mib(s.memory.cache), mib(s.memory.workspace));
}

void write(const statistics& s, const std::string& path) {
    const tessera::io::json all = tessera::io::json::object{{"load_s", s.load_s},
                                                            {"prompt_tokens", s.prompt_tokens},
                                                            {"prompt_tokens_per_s", rate(s.prompt_tokens, s.prompt_s)},
                                                            {"decode_tokens", s.decode_tokens},
                                                            {"decode_tokens_per_s", rate(s.decode_steps, s.decode_s)},
                                                            {"weight_bytes", s.memory.weights},
                                                            {"cache_bytes", s.memory.cache},
                                                            {"workspace_bytes", s.memory.workspace}};
    std::ofstream file(path);
    file << tessera::io::to_text(all) << '\n';
    if (!file.flush()) throw tessera::error(tessera::errc::io, "cannot write", {.file = path});
}

// Generates one turn, streaming it to standard output. Returns its text.
template <class Session>
std::string speak(Session& session, const tessera::text::tokenizer& words, std::span<const tessera::token_t> prompt,
                  const arguments& a, const tessera::models::generation_defaults& sampling, statistics& stats) {
    auto text = words.stream();
    tessera::decode::stop_strings stop(a.stops);
    std::string said;
    const auto show = [&](const std::string& piece) {
        said += piece;
        if (!a.ids) std::fputs(piece.c_str(), stdout), std::fflush(stdout);
    };
    examples::progress_bar bar("prompt");
    auto begin = clock_type::now();
    auto tokens =
        tessera::generate(session, prompt, {.max_tokens = a.max_tokens, .progress = bar}, sampler_of(a, sampling));
    stats.prompt_s += seconds_since(begin);
    stats.prompt_tokens += tessera::index_t(prompt.size());
    begin = clock_type::now();
    tessera::index_t count = 0;
    for (const tessera::token_t t : tokens) {
        ++count;
        if (a.ids) std::printf(count > 1 ? " %d" : "%d", t), std::fflush(stdout);
        show(stop.push(text.push(t)));
        if (stop.hit()) break;
    }
    show(stop.push(text.finish()));
    show(stop.finish());
    stats.decode_s += seconds_since(begin);
    stats.decode_tokens += count;
    stats.decode_steps += std::max<tessera::index_t>(count - (tokens.ended() ? 0 : 1), 0);
    return said;
}

// One turn after another, on one cache.
template <class Session>
void converse(Session& session, const tessera::text::tokenizer& words,
              const std::optional<tessera::text::chat_template>& chat, const arguments& a,
              const tessera::models::generation_defaults& sampling, statistics& stats) {
    std::vector<tessera::text::message> messages;
    if (!a.system.empty()) messages.push_back({"system", a.system});
    const auto turn = [&](const std::string& line) {
        if (!chat) {
            const auto prompt = words.encode(line, {.special = session.size() == 0});
            speak(session, words, prompt, a, sampling, stats);
        } else {
            messages.push_back({"user", line});
            const auto whole = words.encode(chat->apply(messages), {.special = false});
            const auto rest = session.resume(whole);
            messages.push_back({"assistant", speak(session, words, rest, a, sampling, stats)});
        }
        std::fputs("\n", stdout);
        std::fflush(stdout);
    };
    if (!a.interactive) return turn(a.prompt);
    const bool terminal = isatty(0) != 0;
    std::string line;
    while (terminal && std::fputs("> ", stderr), std::getline(std::cin, line)) turn(line);
}

void run(const arguments& a) {
    const auto begin = clock_type::now();
    examples::progress_bar bar("loading");
    tessera::exec::thread_pool pool = examples::pool_of(a.threads);
    const auto files = tessera::models::with_adapters(tessera::models::open_checkpoint(a.model), a.adapters);
    const auto model = examples::open_model(files, {.progress = bar});
    if (model->reads_a_source())
        throw tessera::error(tessera::errc::unsupported, "the model answers to a source text: see transform",
                             {.file = a.model});
    const auto words = tessera::text::load_tokenizer(a.model);
    std::optional<tessera::text::chat_template> chat;
    if (a.chat) chat.emplace(words);

    const tessera::cache::contiguous spec{
        .places = a.context > 0 ? a.context : std::min<tessera::index_t>(model->config().context, 4096),
        .type = a.half ? tessera::quant::storage::f16 : tessera::quant::storage::f32};
    const tessera::model::session_options options{.when_full = a.slide ? tessera::model::overflow::slide
                                                                       : tessera::model::overflow::refuse};
    statistics stats;
    tessera::session session(*model, spec, pool, options);
    stats.memory = decltype(session)::plan(*model, spec, pool, options);
    stats.load_s = seconds_since(begin);
    converse(session, words, chat, a, sampling_of(a, tessera::models::generation_settings(files)), stats);
    print(stats);
    if (!a.stats_file.empty()) write(stats, a.stats_file);
}

}

int main(int argc, char** argv) {
    CLI::App app("Continues a prompt with a language model, or talks with it.", "generate");
    arguments a;
    declare(app, a);
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
