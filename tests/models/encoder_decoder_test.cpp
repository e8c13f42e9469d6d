// Sessions on the embedded encoder-decoder, which sorts digits.
#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/core/random.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/text/load_tokenizer.hpp"

using namespace tessera;

namespace {

constexpr const char* path = "examples/models/digit-sorter";

const models::any& sorter() {
    static const models::any model = examples::open_model(models::open_checkpoint(path));
    return model;
}

// All that the decoder has said, from its first token to the end token.
std::vector<token_t> answer(auto& session) {
    for ([[maybe_unused]] const token_t t : generate(session, {}, {.max_tokens = 16})) continue;
    return {session.tokens().begin(), session.tokens().end()};
}

std::string text_of(const text::tokenizer& words, const std::vector<token_t>& said) {
    return words.decode(said, {.skip_special = true});
}

}

TEST_CASE("The embedded encoder-decoder answers as the reference does", "[models][session][encoder]") {
    const text::tokenizer words = text::load_tokenizer(path);
    const io::json prompts = io::read_json(std::string(path) + "/expected.json").at("prompts");
    session sort(sorter(), cache::contiguous{.places = 32}, exec::inline_execution);
    for (const io::json& p : prompts.as_array()) {
        const auto source = words.encode(p.get<std::string>("text"));
        CHECK(source == p.get<std::vector<token_t>>("ids"));
        sort.read(source);
        sort.step(0);
        const auto first = p.get<std::vector<float>>("logits_of_first_output_token");
        for (std::size_t i = 0; i < first.size(); ++i) CHECK(sort.logits()[i] == Approx(first[i]).margin(1e-4));
        sort.truncate(0);
        CHECK(answer(sort) == p.get<std::vector<token_t>>("greedy_ids"));
    }
}

TEST_CASE("Unseen strings come out sorted", "[models][session][encoder]") {
    const text::tokenizer words = text::load_tokenizer(path);
    session sort(sorter(), cache::contiguous{.places = 32}, exec::inline_execution);
    std::uint64_t drawn = 0;
    index_t right = 0;
    for (int i = 0; i < 100; ++i) {
        std::string digits;
        for (int n = 0; n < 4 + i % 9; ++n) digits += char('0' + random_bits(5, drawn++) % 10);
        sort.read(words.encode(digits));
        const std::vector<token_t> said = answer(sort);
        std::sort(digits.begin(), digits.end());
        right += text_of(words, said) == digits ? 1 : 0;
    }
    CHECK(right >= 98);
}

TEST_CASE("Forks share a source until one of them reads another", "[models][session][encoder]") {
    const text::tokenizer words = text::load_tokenizer(path);
    exec::thread_pool pool(2);
    session one(sorter(), cache::contiguous{.places = 32}, pool);
    one.read(words.encode("83512"));
    auto same = one.fork(), other = one.fork();
    other.read(words.encode("7"));
    const auto sorted = answer(one);
    CHECK(text_of(words, sorted) == "12358");
    CHECK(answer(same) == sorted);
    CHECK(text_of(words, answer(other)) == "7");
}

TEST_CASE("A source that is missing, empty, foreign or of no use is refused", "[models][session][encoder][errors]") {
    session sort(sorter(), cache::contiguous{.places = 32}, exec::inline_execution);
    CHECK(code_of([&] { sort.step(0); }) == errc::argument);
    CHECK(sort.size() == 0);
    CHECK(code_of([&] { sort.read({}); }) == errc::argument);
    CHECK(code_of([&] { sort.read(std::vector<token_t>{3, 13}); }) == errc::argument);
    sort.read(std::vector<token_t>{5, 4, 1});
    CHECK(answer(sort) == std::vector<token_t>{0, 4, 5, 1});

    CHECK(code_of([&] { sort.read_frames({}); }) == errc::unsupported);

    const models::any text = examples::open_model(models::open_checkpoint("examples/models/austen"));
    session story(text, cache::contiguous{.places = 32}, exec::inline_execution);
    CHECK(code_of([&] { story.read(std::vector<token_t>{5}); }) == errc::unsupported);
    CHECK(code_of([&] { story.read_frames({}); }) == errc::unsupported);
}

TEST_CASE("An encoder of sound reads frames of its own shape, and no text", "[models][session][encoder][errors]") {
    const models::any model = examples::open_model(models::open_checkpoint(golden::model_path("whisper")));
    CHECK(model->source_frames().frames == 22);
    CHECK(model->source_frames().features == 7);
    CHECK(sorter()->source_frames().features == 0);
    session hear(model, cache::contiguous{.places = 16}, exec::inline_execution);
    CHECK(code_of([&] { hear.read(std::vector<token_t>{5}); }) == errc::unsupported);
    CHECK(code_of([&] { hear.read_frames(tensor<float>({22, 8})); }) == errc::shape);
    CHECK(code_of([&] { hear.read_frames(tensor<float>({21, 7})); }) == errc::shape);
    CHECK(code_of([&] { hear.step(3); }) == errc::argument);

    tensor<float> silence({22, 7}), tone({22, 7});
    for (index_t i = 0; i < 22; ++i) tone(i, 3) = 1.0f;
    hear.read_frames(tone);
    auto other = hear.fork();
    other.read_frames(silence);
    const auto heard = hear.step(3), nothing = other.step(3);
    CHECK_FALSE(std::equal(heard.begin(), heard.end(), nothing.begin()));
    other.read_frames(tone);
    const auto again = other.step(3);
    CHECK(std::equal(heard.begin(), heard.end(), again.begin()));
}

TEST_CASE("An encoder of samples reads any number of them, if there are enough", "[models][session][encoder][errors]") {
    const models::any model = examples::open_model(models::open_checkpoint(golden::model_path("moonshine")));
    CHECK(model->source_frames().frames == 0);
    CHECK(model->source_frames().features == 1);
    session hear(model, cache::contiguous{.places = 16}, exec::inline_execution);
    CHECK(code_of([&] { hear.read(std::vector<token_t>{5}); }) == errc::unsupported);
    CHECK(code_of([&] { hear.read_frames(tensor<float>({2000, 2})); }) == errc::shape);
    CHECK(code_of([&] { hear.read_frames(tensor<float>({894, 1})); }) == errc::shape);
    CHECK(code_of([&] { hear.read_frames({}); }) == errc::shape);
    for (const index_t samples : {895, 2000}) {
        hear.read_frames(tensor<float>({samples, 1}));
        CHECK(hear.step(1).size() == std::size_t(model->config().vocabulary));
    }
}
