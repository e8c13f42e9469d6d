// Turns texts into texts with an encoder-decoder: translation, summaries, sorted digits.
#include <unistd.h>

#include <iostream>
#include <optional>
#include <utility>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/adapter.hpp"
#include "tessera/models/beam_defaults.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace {

struct arguments {
    std::string model;
    std::vector<std::string> texts;
    std::vector<std::filesystem::path> adapters;
    tessera::index_t max_tokens = 256, threads = 0, n_best = 1;
    std::optional<tessera::index_t> beams;
    bool sample = false, ids = false;
    std::uint64_t seed = 0;
};

// Prints the answer to one text as it grows.
template <class Session>
void answer(Session& session, const tessera::text::tokenizer& words, const std::string& text, const arguments& a,
            const tessera::models::generation_defaults& sampling) {
    session.read(words.encode(text));
    auto stream = words.stream();
    const char* space = "";
    for (const tessera::token_t t : tessera::generate(session, {}, {.max_tokens = a.max_tokens},
                                                      tessera::models::default_sampler(sampling, a.seed))) {
        if (a.ids) {
            std::printf("%s%d", space, t);
            space = " ";
        } else {
            std::fputs(stream.push(t).c_str(), stdout);
        }
        std::fflush(stdout);
    }
    if (!a.ids) std::fputs(stream.finish().c_str(), stdout);
    std::fputs("\n", stdout);
}

void print(const tessera::text::tokenizer& words, const std::vector<tessera::token_t>& said, bool ids) {
    if (ids) {
        const char* space = "";
        for (const tessera::token_t t : said) std::printf("%s%d", std::exchange(space, " "), t);
    } else {
        std::fputs(words.decode(said).c_str(), stdout);
    }
    std::fputs("\n", stdout);
}

// Prints the best answers to one text, one a line; several with their scores.
template <class Session>
void search(Session& session, const tessera::text::tokenizer& words, const std::string& text, const arguments& a,
            const tessera::decode::beam_options& options) {
    session.read(words.encode(text));
    const auto found = tessera::beam_search(session, {}, options);
    for (std::size_t i = 0; i < std::min(found.size(), std::size_t(a.n_best)); ++i) {
        if (a.n_best > 1) std::printf("%.4f\t", double(found[i].score));
        std::vector<tessera::token_t> said = found[i].tokens;
        const auto& ends = session.model().config().end_tokens;
        if (std::find(ends.begin(), ends.end(), said.back()) != ends.end()) said.pop_back();
        print(words, said, a.ids);
    }
    std::fflush(stdout);
}

// The file's beams, changed by what the command line says.
tessera::decode::beam_options search_of(const arguments& a, const tessera::io::json& defaults) {
    auto options = tessera::models::read_beam_defaults(defaults);
    options.beams = std::max(a.beams.value_or(options.beams), a.n_best);
    options.max_tokens = a.max_tokens;
    return options;
}

void run(const arguments& a) {
    tessera::exec::thread_pool pool =
        a.threads > 0 ? tessera::exec::thread_pool(a.threads) : tessera::exec::thread_pool();
    const auto files = tessera::models::with_adapters(tessera::models::open_checkpoint(a.model), a.adapters);
    const auto model = examples::open_model(files, {.progress = examples::progress_bar("loading")});
    if (!model->reads_a_source())
        throw tessera::error(tessera::errc::unsupported, "the model has no encoder: continue a prompt with generate",
                             {.file = a.model});
    const auto words = tessera::text::load_tokenizer(a.model);
    auto sampling = tessera::models::read_generation_defaults(files.generation);
    sampling.samples = a.sample;
    const auto places = std::min<tessera::index_t>(model->config().context, a.max_tokens + 8);
    tessera::session session(*model, tessera::cache::contiguous{.places = places}, pool, {.rows = 8});
    const auto options = search_of(a, files.generation);
    const auto reply = [&](const std::string& text) {
        if (options.beams > 1 && !a.sample) return search(session, words, text, a, options);
        answer(session, words, text, a, sampling);
    };
    for (const std::string& text : a.texts) reply(text);
    if (!a.texts.empty()) return;
    const bool terminal = isatty(0) != 0;
    std::string line;
    while (terminal && std::fputs("> ", stderr), std::getline(std::cin, line)) reply(line);
}

}

int main(int argc, char** argv) {
    CLI::App app("Turns texts into texts with an encoder-decoder.", "transform");
    arguments a;
    app.add_option("MODEL", a.model, "A directory with config.json and *.safetensors")->required();
    app.add_option("TEXT", a.texts, "Texts to read (default: each line of standard input)");
    app.add_option("--adapter", a.adapters, "A directory with a LoRA adapter to merge (may be repeated)");
    app.add_option("--max-tokens", a.max_tokens, "Tokens to say at most")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--beams", a.beams, "Texts to keep in a beam search (default: as generation_config.json says)")
        ->check(CLI::PositiveNumber);
    app.add_option("--n-best", a.n_best, "Answers to print for each text, the best first, with their scores")
        ->check(CLI::PositiveNumber);
    app.add_flag("--sample", a.sample, "Draw tokens as generation_config.json says, instead of the most probable");
    app.add_option("--seed", a.seed, "Seed of random draws")->capture_default_str();
    app.add_flag("--ids", a.ids, "Print token ids instead of text");
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
