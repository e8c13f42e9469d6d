// The letters of labels: which files name the tokens, and what is no letter.
#include "tessera/models/letters.hpp"

#include "support/catch.hpp"

using namespace tessera;

namespace {

models::letters read(const std::string& vocabulary, const std::string& config, const std::string& map = "{}") {
    return models::read_letters(io::parse_json(vocabulary), {io::parse_json(config), io::parse_json(map)});
}

}

TEST_CASE("Blank, delimiter and special tokens are no letters", "[models][speech]") {
    const auto l = read(R"({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4, "E": 5, "'": 6, "<x>": 7})",
                        R"({"additional_special_tokens": [{"content": "<x>"}]})");
    CHECK(l.blank == 0);
    CHECK(l.delimiter == 4);
    CHECK(l.of == std::map<token_t, std::string>{{5, "E"}, {6, "'"}});
}

TEST_CASE("The first file that names a token counts", "[models][speech]") {
    const auto l = read(R"({"a": 0, "[P]": 1, "Q": 2, " ": 3})", R"({"pad_token": {"content": "[P]"}})",
                        R"({"pad_token": "Q", "word_delimiter_token": " "})");
    CHECK(l.blank == 1);
    CHECK(l.delimiter == 3);
    CHECK(l.of == std::map<token_t, std::string>{{0, "a"}, {2, "Q"}});
}

TEST_CASE("Letters may be written small, and belong to a language", "[models][speech]") {
    const auto l =
        read(R"({"de": {"<pad>": 2, "ÄB": 0}, "en": {"A": 0}})", R"({"do_lower_case": true, "target_lang": "de"})");
    CHECK(l.of == std::map<token_t, std::string>{{0, "äb"}});
    CHECK(l.delimiter == -1);
    CHECK_THROWS_AS(read(R"({"<pad>": 0})", R"({"replace_word_delimiter_char": "_"})"), error);
}
