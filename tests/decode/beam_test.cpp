// Beam search against exhaustive search on a tiny vocabulary, and against the reference's texts and scores.
#include <map>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "support/markov.hpp"
#include "tessera/decode/beam.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/sample/logit_bias.hpp"
#include "tessera/testing/allocations.hpp"

using namespace tessera;
using decode::early_stopping;

namespace {

// Every text that ends with an end token or is as long as it may be, best first.
void enumerate(const support::markov& model, const std::vector<token_t>& said, double sum, std::size_t longest,
               token_t end, double penalty, std::vector<decode::hypothesis>& all) {
    for (token_t t = 0; t < model.config().vocabulary; ++t) {
        std::vector<token_t> text(said);
        text.push_back(t);
        const double s = sum + model.log_probability(said.empty() ? 0 : said.back(), index_t(said.size()), t);
        if (t == end || text.size() == longest) {
            all.push_back({text, float(s / std::pow(double(text.size()), penalty))});
        } else {
            enumerate(model, text, s, longest, end, penalty, all);
        }
    }
}

void check_same(const std::vector<decode::hypothesis>& found, const std::vector<decode::hypothesis>& wanted) {
    REQUIRE(found.size() <= wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].score == Approx(wanted[i].score).margin(1e-5));
        CHECK(found[i].tokens == wanted[i].tokens);
    }
}

early_stopping stopping_of(const io::json& value) {
    if (value.is_string()) return early_stopping::never;
    return value.as_bool() ? early_stopping::yes : early_stopping::no;
}

const models::any& golden_model(const std::string& name) {
    static std::map<std::string, models::any> all;
    models::any& model = all[name];
    if (!model) model = examples::open_model(models::open_checkpoint(golden::model_path(name)));
    return model;
}

decode::beam_options options_of(const io::json& c) {
    return {.beams = c.get<index_t>("num_beams"),
            .length_penalty = c.get<float>("length_penalty"),
            .early_stopping = stopping_of(c.at("early_stopping")),
            .max_tokens = c.get<index_t>("max_new_tokens"),
            .end_tokens = c.get<std::vector<token_t>>("end_tokens")};
}

std::vector<decode::hypothesis> texts_of(const io::json& c) {
    std::vector<decode::hypothesis> texts;
    const auto scores = c.get<std::vector<float>>("scores");
    for (const auto& ids : c.get<std::vector<std::vector<token_t>>>("texts"))
        texts.push_back({ids, scores[texts.size()]});
    return texts;
}

}

TEST_CASE("With a beam for every text the search is exhaustive", "[decode][beam]") {
    const support::markov model(4);
    for (const float penalty : {-0.5f, 0.0f, 1.0f, 2.0f}) {
        std::vector<decode::hypothesis> all;
        enumerate(model, {}, 0, 5, 3, double(penalty), all);
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
        const auto found = beam_search(model, std::vector<token_t>{0},
                                       {.beams = index_t(all.size()),
                                        .length_penalty = penalty,
                                        .early_stopping = early_stopping::never,
                                        .max_tokens = 5,
                                        .end_tokens = std::vector<token_t>{3}},
                                       cache::contiguous{}, exec::inline_execution);
        CHECK(found.size() == all.size());
        check_same(found, all);
    }
}

TEST_CASE("However many tokens would end a text, a beam goes on", "[decode][beam]") {
    const support::markov model(5);
    session one(model, cache::contiguous{}, exec::inline_execution);
    const auto found = beam_search(one, std::vector<token_t>{0},
                                   {.beams = 1,
                                    .length_penalty = 5.0f,
                                    .early_stopping = early_stopping::never,
                                    .max_tokens = 6,
                                    .end_tokens = std::vector<token_t>{1, 2, 3, 4}},
                                   sample::logit_bias({{0, -20.0f}}));
    REQUIRE(found.front().tokens.size() == 6);
    CHECK(std::count(found.front().tokens.begin(), found.front().tokens.end(), 0) == 5);
}

TEST_CASE("Texts and scores are those of the reference", "[decode][beam][golden]") {
    const io::json all = io::read_json("tests/golden/beam.json");
    CHECK(all.as_array().size() == 420);
    for (const io::json& c : all.as_array()) {
        const auto name = c.get<std::string>("model");
        INFO(io::to_text(c));
        const auto in = golden::case_of(io::safetensors::open("tests/golden/models/" + name + "/in.safetensors"),
                                        c.get<index_t>("input"));
        const bool has_source = c.has("decoder_input_ids");
        const auto prompt = c.get<std::vector<token_t>>(has_source ? "decoder_input_ids" : "input_ids");
        session one(*golden_model(name), cache::contiguous{.places = 48}, exec::inline_execution);
        golden::read(one, in);
        const auto found = beam_search(one, prompt, options_of(c));
        CHECK(found.size() == std::size_t(c.get<index_t>("num_beams")));
        check_same(found, texts_of(c));
        CHECK(one.size() == index_t(prompt.size()));
    }
}

TEST_CASE("One beam is the greedy text", "[decode][beam]") {
    const std::vector<token_t> prompt{5, 9, 11};
    for (const char* name : {"llama", "gpt2", "mamba", "cohere2", "qwen2-window"}) {
        session one(*golden_model(name), cache::contiguous{.places = 48}, exec::inline_execution);
        for ([[maybe_unused]] const token_t t : generate(one, prompt, {.max_tokens = 30})) continue;
        const auto said = one.tokens().subspan(prompt.size());
        for (const early_stopping when : {early_stopping::no, early_stopping::yes}) {
            const auto found =
                beam_search(*golden_model(name), prompt, {.beams = 1, .early_stopping = when, .max_tokens = 30},
                            cache::contiguous{}, exec::inline_execution);
            REQUIRE(found.size() == 1);
            CHECK(found.front().tokens == std::vector<token_t>(said.begin(), said.end()));
        }
    }
}

TEST_CASE("Threads, the stored past and the kind of search by model or session change nothing", "[decode][beam]") {
    exec::thread_pool pool(3);
    const std::vector<token_t> prompt{5, 9, 11, 3, 7};
    const decode::beam_options options{.beams = 3, .max_tokens = 10};
    const auto wanted =
        beam_search(*golden_model("llama"), prompt, options, cache::contiguous{}, exec::inline_execution);
    CHECK(wanted.size() == 3);
    session one(*golden_model("llama"), cache::contiguous{.places = 48}, pool);
    one.prefill(std::span(prompt).first(2));
    const auto found = beam_search(one, std::span(prompt).subspan(2), options);
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].tokens == wanted[i].tokens);
        CHECK(found[i].score == wanted[i].score);
    }
    CHECK(beam_search(one, {}, options).front().tokens == wanted.front().tokens);
}

TEST_CASE("An encoder-decoder needs no session of the caller's", "[decode][beam][encoder]") {
    const auto sorter = examples::open_model(models::open_checkpoint("examples/models/digit-sorter"));
    const auto found = beam_search(sorter, std::vector<token_t>{11, 6, 8, 4, 5, 1}, {.max_tokens = 12},
                                   cache::contiguous{}, exec::inline_execution);
    CHECK(found.front().tokens == std::vector<token_t>{4, 5, 6, 8, 11, 1});
    for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i].score <= found[i - 1].score);
}

TEST_CASE("An edit forbids tokens to all beams", "[decode][beam]") {
    session one(*golden_model("llama"), cache::contiguous{.places = 48}, exec::inline_execution);
    const decode::beam_options options{.max_tokens = 6, .end_tokens = std::vector<token_t>{}};
    const std::vector<token_t> prompt{5, 9, 11};
    const token_t best = beam_search(one, prompt, options).front().tokens[2];
    one.truncate(0);
    for (const auto& text : beam_search(one, prompt, options, sample::logit_bias({{best, sample::excluded}})))
        CHECK(std::find(text.tokens.begin(), text.tokens.end(), best) == text.tokens.end());
}

TEST_CASE("A search allocates for forks and for texts, not for tokens", "[decode][beam][memory]") {
    session one(*golden_model("llama"), cache::contiguous{.places = 128}, exec::inline_execution);
    one.prefill(std::vector<token_t>{5, 9, 11});
    const auto cost = [&](index_t tokens) {
        const auto before = testing::allocations();
        beam_search(one, {}, {.beams = 1, .max_tokens = tokens, .end_tokens = std::vector<token_t>{}});
        return testing::allocations() - before;
    };
    cost(5);
    CHECK(cost(100) == cost(10));
}

TEST_CASE("A search without beams, tokens, logits or room is refused", "[decode][beam][errors]") {
    session one(*golden_model("llama"), cache::contiguous{.places = 64}, exec::inline_execution);
    CHECK(code_of([&] { beam_search(one, std::vector<token_t>{1}, {.beams = 0}); }) == errc::argument);
    CHECK(code_of([&] { beam_search(one, {}); }) == errc::argument);
    CHECK(code_of([&] { beam_search(one, std::vector<token_t>{1, 97}); }) == errc::argument);
    CHECK(code_of([&] { beam_search(one, std::vector<token_t>{1, 2}, {.max_tokens = 63}); }) == errc::capacity);
    CHECK(beam_search(one, {}, {.max_tokens = 0}).empty());
    for (const auto& text : beam_search(one, {}, {.beams = 2, .end_tokens = std::vector<token_t>{}}))
        CHECK(text.tokens.size() == 62);
    session mute(*golden_model("t5"), cache::contiguous{.places = 64}, exec::inline_execution);
    CHECK(code_of([&] { beam_search(mute, std::vector<token_t>{0}, {.max_tokens = 3}); }) == errc::argument);
}
