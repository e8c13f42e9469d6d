// What a generation_config.json asks for, and an older config.json in its place.
#include "tessera/models/generation_defaults.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tessera;

namespace {

// The most probable token after this text, which the sampler's rules may forbid.
token_t next(const models::generation_defaults& d, std::vector<float> logits, std::vector<token_t> history,
             std::size_t generated, std::vector<token_t> source = {}) {
    const std::span<const token_t> all(history);
    return models::default_sampler(d, 0, std::move(source))({logits, all, all.last(generated), all.size()});
}

models::generation_defaults read(const std::string& text) {
    return models::read_generation_defaults(io::parse_json(text));
}

}

TEST_CASE("Every rule of a generation_config.json forbids or forces what it says", "[models][generation]") {
    const std::vector<float> rising{1, 2, 3, 4, 5};
    CHECK(next(read("{}"), rising, {0, 1}, 1) == 4);
    CHECK(next(read(R"({"suppress_tokens": [4, 2]})"), rising, {0, 1}, 1) == 3);
    const auto first = read(R"({"begin_suppress_tokens": [4]})");
    CHECK(next(first, rising, {0}, 0) == 3);
    CHECK(next(first, rising, {0, 1}, 1) == 4);
    auto forced = read(R"({"forced_eos_token_id": 1, "max_length": 4})");
    CHECK(forced.length == 4);
    CHECK(next(forced, rising, {0, 2, 3}, 2) == 4);
    forced.most_new = 3;
    CHECK(next(forced, rising, {0, 2, 3}, 2) == 1);
    CHECK(next(forced, rising, {0, 2}, 1) == 4);
    CHECK(next(read(R"({"no_repeat_ngram_size": 2})"), rising, {2, 4, 2}, 2) == 3);
    CHECK(next(read(R"({"encoder_no_repeat_ngram_size": 2})"), rising, {2}, 0, {2, 4}) == 3);
    CHECK(next(read(R"({"bad_words_ids": [[4], [2, 3]]})"), rising, {2}, 0) == 2);
    CHECK_THROWS_AS(next(read(R"({"bad_words_ids": [[]]})"), rising, {2}, 0), error);
    CHECK(next(read(R"({"bad_words_ids": [[4]], "eos_token_id": 4})"), rising, {2}, 0) == 4);
    const auto least = read(R"({"eos_token_id": [4, 3], "min_length": 3})");
    CHECK(next(least, rising, {0, 1}, 1) == 2);
    CHECK(next(least, rising, {0, 1, 1}, 2) == 4);
    const auto fewest = read(R"({"eos_token_id": 4, "min_new_tokens": 2})");
    CHECK(next(fewest, rising, {0, 0, 0, 1}, 1) == 3);
    CHECK(next(fewest, rising, {0, 0, 1, 1}, 2) == 4);
}

TEST_CASE("Absent and null mean the same, and what is no list of ids is refused", "[models][generation]") {
    const auto nothing = read(R"({"suppress_tokens": null, "max_length": null, "bad_words_ids": null})");
    CHECK(nothing.suppressed.empty());
    CHECK(nothing.length == -1);
    CHECK(nothing.bad_words.empty());
    CHECK_THROWS_AS(read(R"({"suppress_tokens": "4"})"), error);
    CHECK_THROWS_AS(read(R"({"bad_words_ids": [4]})"), error);
}

TEST_CASE("config.json says it where there is no generation_config.json", "[models][generation]") {
    const models::checkpoint without = models::open_checkpoint(golden::model_path("blenderbot"));
    CHECK(models::read_generation_defaults(models::generation_settings(without)).no_repeat_source == 3);
    const models::checkpoint with = models::open_checkpoint(golden::model_path("llama"));
    CHECK(&models::generation_settings(with) == &with.generation);
}
