// Turns texts into texts with an encoder-decoder: translation, summaries, sorted digits.
#include <unistd.h>

#include <iostream>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace {

struct arguments {
    std::string model;
    std::vector<std::string> texts;
    tessera::index_t max_tokens = 256, threads = 0;
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

void run(const arguments& a) {
    tessera::exec::thread_pool pool =
        a.threads > 0 ? tessera::exec::thread_pool(a.threads) : tessera::exec::thread_pool();
    const auto files = tessera::models::open_checkpoint(a.model);
    const auto model = examples::open_model(files, {.progress = examples::progress_bar("loading")});
    if (!model->reads_a_source())
        throw tessera::error(tessera::errc::unsupported, "the model has no encoder: continue a prompt with generate",
                             {.file = a.model});
    const auto words = tessera::text::load_tokenizer(a.model);
    auto sampling = tessera::models::read_generation_defaults(files.generation);
    sampling.samples = a.sample;
    const auto places = std::min<tessera::index_t>(model->config().context, a.max_tokens + 8);
    tessera::session session(*model, tessera::cache::contiguous{.places = places}, pool, {.rows = 8});
    for (const std::string& text : a.texts) answer(session, words, text, a, sampling);
    if (!a.texts.empty()) return;
    const bool terminal = isatty(0) != 0;
    std::string line;
    while (terminal && std::fputs("> ", stderr), std::getline(std::cin, line))
        answer(session, words, line, a, sampling);
}

}

int main(int argc, char** argv) {
    CLI::App app("Turns texts into texts with an encoder-decoder.", "transform");
    arguments a;
    app.add_option("MODEL", a.model, "A directory with config.json and *.safetensors")->required();
    app.add_option("TEXT", a.texts, "Texts to read (default: each line of standard input)");
    app.add_option("--max-tokens", a.max_tokens, "Tokens to say at most")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_flag("--sample", a.sample, "Draw tokens as generation_config.json says, instead of the most probable");
    app.add_option("--seed", a.seed, "Seed of random draws")->capture_default_str();
    app.add_flag("--ids", a.ids, "Print token ids instead of text");
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
