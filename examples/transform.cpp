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
    std::string begin;
    tessera::index_t max_tokens = -1, threads = 0, n_best = 1;
    std::optional<tessera::index_t> beams;
    bool sample = false, ids = false;
    std::uint64_t seed = 0;
};

// What an answer begins with: the model's own tokens, or after the first of them those of the command line.
std::vector<tessera::token_t> beginning(const tessera::model::decoder_config& config,
                                        const tessera::text::tokenizer& words, const arguments& a) {
    std::vector<tessera::token_t> begin = config.begin_tokens;
    if (a.begin.empty()) return begin;
    begin.resize(std::min<std::size_t>(begin.size(), 1));
    const std::vector<tessera::token_t> more = words.encode(a.begin, {.special = false});
    begin.insert(begin.end(), more.begin(), more.end());
    return begin;
}

// How tokens are chosen, and how long an answer grows: as the model's files say unless the command line does.
tessera::models::generation_defaults sampling_of(const tessera::models::checkpoint& files, const arguments& a,
                                                 tessera::index_t begin, tessera::index_t context) {
    auto sampling = tessera::models::read_generation_defaults(tessera::models::generation_settings(files));
    sampling.samples = a.sample;
    sampling.most_new = a.max_tokens > 0 ? a.max_tokens : sampling.length > begin ? sampling.length - begin : 256;
    sampling.most_new = std::min(sampling.most_new, context - begin);
    return sampling;
}

// Prints the answer to one text as it grows.
template <class Session>
void answer(Session& session, const tessera::text::tokenizer& words, const std::string& text, const arguments& a,
            std::span<const tessera::token_t> begin, const tessera::models::generation_defaults& sampling) {
    const std::vector<tessera::token_t> source = words.encode(text);
    session.read(source);
    auto stream = words.stream();
    const char* space = "";
    for (const tessera::token_t t : tessera::generate(session, begin, {.max_tokens = sampling.most_new},
                                                      tessera::models::default_sampler(sampling, a.seed, source))) {
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
            std::span<const tessera::token_t> begin, const tessera::models::generation_defaults& sampling,
            const tessera::decode::beam_options& options) {
    const std::vector<tessera::token_t> source = words.encode(text);
    session.read(source);
    const auto found =
        tessera::beam_search(session, begin, options, tessera::models::generation_rules(sampling, source));
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
tessera::decode::beam_options search_of(const arguments& a, const tessera::io::json& defaults,
                                        tessera::index_t most_new) {
    auto options = tessera::models::read_beam_defaults(defaults);
    options.beams = std::max(a.beams.value_or(options.beams), a.n_best);
    options.max_tokens = most_new;
    return options;
}

void run(const arguments& a) {
    tessera::exec::thread_pool pool = examples::pool_of(a.threads);
    const auto files = tessera::models::with_adapters(tessera::models::open_checkpoint(a.model), a.adapters);
    const auto model = examples::open_model(files, {.progress = examples::progress_bar("loading")});
    if (!model->reads_a_source())
        throw tessera::error(tessera::errc::unsupported, "the model has no encoder: continue a prompt with generate",
                             {.file = a.model});
    const auto words = tessera::text::load_tokenizer(a.model);
    const std::vector<tessera::token_t> begin = beginning(model->config(), words, a);
    const auto sampling = sampling_of(files, a, tessera::index_t(begin.size()), model->config().context);
    const auto places = tessera::index_t(begin.size()) + sampling.most_new;
    tessera::session session(*model, tessera::cache::contiguous{.places = places}, pool, {.rows = 8});
    const auto options = search_of(a, tessera::models::generation_settings(files), sampling.most_new);
    const auto reply = [&](const std::string& text) {
        if (options.beams > 1 && !a.sample) return search(session, words, text, a, begin, sampling, options);
        answer(session, words, text, a, begin, sampling);
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
    app.add_option("--begin", a.begin,
                   "What the answer begins with, such as the token of a language to translate into");
    app.add_option("--max-tokens", a.max_tokens, "Tokens to say at most (default: what the model's files say, or 256)")
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
