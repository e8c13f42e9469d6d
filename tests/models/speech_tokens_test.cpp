// Prompts of speech models, from generation_config.json.
#include "tessera/models/speech_tokens.hpp"

#include "support/catch.hpp"
#include "support/errors.hpp"
#include "tessera/io/json.hpp"

using namespace tessera;

namespace {

const char* const many = R"({"decoder_start_token_id": 50, "eos_token_id": 49, "no_timestamps_token_id": 60,
    "lang_to_id": {"<|en|>": 51, "<|de|>": 52}, "task_to_id": {"transcribe": 55, "translate": 54},
    "max_initial_timestamp_index": 50})";

models::speech_tokens tokens(const char* text) { return models::read_speech_tokens(io::parse_json(text)); }

using ids = std::vector<token_t>;

}

TEST_CASE("A model of many languages is told language, task and times", "[models][speech]") {
    const auto t = tokens(many);
    CHECK(models::speech_prompt(t, {.language = "en", .timestamps = false}) == ids{50, 51, 55, 60});
    CHECK(models::speech_prompt(t, {"de", "translate", true}) == ids{50, 52, 54});
    CHECK_THROWS_WITH(models::speech_prompt(t, {.language = "xx"}), Catch::Contains("one of en, de"));
    CHECK(code_of([&] { models::speech_prompt(t, {}); }) == errc::argument);
    CHECK(code_of([&] { models::speech_prompt(t, {.language = "en", .task = "sing"}); }) == errc::argument);
    CHECK(t.no_speech() == 59);
    const auto rules = models::timestamp_rules(t);
    CHECK(rules.first == 61);
    CHECK(rules.latest == 111);
    CHECK(rules.end == 49);
}

TEST_CASE("A model of one language is told about times alone", "[models][speech]") {
    const auto t = tokens(R"({"decoder_start_token_id": 7, "eos_token_id": 6, "no_timestamps_token_id": 9})");
    CHECK(models::speech_prompt(t, {.timestamps = false}) == ids{7, 9});
    CHECK(models::speech_prompt(t, {.language = "en"}) == ids{7});
    CHECK(code_of([&] { models::speech_prompt(t, {.language = "de"}); }) == errc::argument);
    CHECK(code_of([&] { models::speech_prompt(t, {.task = "translate"}); }) == errc::argument);
    CHECK(models::timestamp_rules(t).latest == -1);
}

TEST_CASE("Files without the tokens, or with foolish ones, are refused", "[models][speech][errors]") {
    const auto refusal = [](const char* text) { return code_of([&] { tokens(text); }); };
    CHECK(refusal("{}") == errc::missing);
    CHECK(refusal(R"({"decoder_start_token_id": -7, "eos_token_id": 6, "no_timestamps_token_id": 9})") == errc::format);
    CHECK(refusal(R"({"decoder_start_token_id": 7, "eos_token_id": 6, "no_timestamps_token_id": 2147483647})") ==
          errc::format);
    CHECK(refusal(R"({"decoder_start_token_id": 7, "eos_token_id": 6, "no_timestamps_token_id": 0})") == errc::format);
    CHECK_THROWS_AS(tokens(R"({"decoder_start_token_id": 7, "eos_token_id": 6, "no_timestamps_token_id": 9,
                               "lang_to_id": [1]})"),
                    error);
    CHECK_THROWS_AS(tokens(R"({"decoder_start_token_id": 7, "eos_token_id": 6, "no_timestamps_token_id": 9,
                               "lang_to_id": {"<|en|>": -1}})"),
                    error);
}
