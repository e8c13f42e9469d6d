#include "tessera/text/pattern.hpp"

#include "support/catch.hpp"
#include "tessera/text/word_scanner.hpp"

using namespace tessera;

namespace {

std::vector<std::string> matches(const std::string& expression, std::string_view text) {
    std::vector<std::string> all;
    text::pattern(expression).for_each_match(text, [&](range r) {
        all.emplace_back(text.substr(std::size_t(r.begin), std::size_t(r.size())));
    });
    return all;
}

using list = std::vector<std::string>;

template <text::word_rule Rule>
list scanned(std::string_view text) {
    list all;
    const text::word_scanner<Rule> words(text);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = words.end_of_word(at);
        REQUIRE(end > at);
        REQUIRE(end <= text.size());
        all.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return all;
}

}

TEST_CASE("matches as a backtracking engine finds them", "[text][pattern]") {
    CHECK(matches("a|ab", "abab") == list{"a", "a"});  // the first alternative wins
    CHECK(matches("(?:ab|a)b?", "abba") == list{"abb", "a"});
    CHECK(matches("a*b", "aab b aa") == list{"aab", "b"});
    CHECK(matches("a++a", "aaa").empty());  // possessive
    CHECK(matches("[a-c]{2,3}", "abcabca") == list{"abc", "abc"});
    CHECK(matches("x(?!y)", "xyxz") == list{"x"});
    CHECK(matches("x(?=y)", "xyxz") == list{"x"});
    CHECK(matches("(?i:s|ll)", "Sſ lL") == list{"S", "ſ", "lL"});
    CHECK(matches(R"([^\s\p{L}]+)", "a12 b!") == list{"12", "!"});
    CHECK(matches(R"(\P{L})", "a1b") == list{"1"});
    CHECK(matches(R"([^\S\n]+)", "a \n\tb") == list{" ", "\t"});
    CHECK(matches("(ab)+c", "ababc abc") == list{"ababc", "abc"});
    CHECK(matches("(a|b)*c", "abac") == list{"abac"});
    CHECK(matches(".", "a\n🙂") == list{"a", "🙂"});
    CHECK(matches("^b|a$", "ba\nb\na") == list{"b", "a", "b", "a"});
    CHECK(matches("b*", "abb") == list{"", "bb"});  // empty, but not where the last one ended
    CHECK(matches("[-a]+", "b-a-") == list{"-a-"});
}

TEST_CASE("patterns that are not understood are named", "[text][pattern]") {
    for (const char* bad :
         {"(",       ")",   "[",      "[]",  "a**",   "(?<=a)b", R"(\bx)", R"(\p{Han}+)", R"(\1)", "(a*)*",
          "(a|b?)+", "a{2", "a{3,2}", "a+?", "(?i)x", "[a&&b]",  "[[a]b]", "\\",          "*",     "(?i:é)"}) {
        CAPTURE(bad);
        try {
            text::pattern p(bad);
            FAIL("accepted");
        } catch (const error& e) {
            CHECK(e.code() == errc::unsupported);
            CHECK(e.context().subject == bad);
        }
    }
    CHECK_THROWS_AS(text::pattern(std::string(100, '(') + std::string(100, ')')), error);
}

TEST_CASE("a pattern that would take for ever is refused", "[text][pattern]") {
    CHECK_THROWS_AS(matches("(?:a|a)+b", std::string(60, 'a')), error);
    std::string spaces(100'000, ' ');
    spaces += 'x';
    CHECK(matches(R"(\s+(?!\S)|\s+)", spaces).size() == 2);
}

TEST_CASE("the scanners are their expressions", "[text][word_scanner]") {
    const char32_t alphabet[] = {U' ',  U' ',  U'\n', U'\r', U'\t', 0xa0, 0x3000, 0x85, U'\'', U'\'',   U's',   U'S',
                                 0x17f, U't',  U'l',  U'L',  U'r',  U'e', U'V',   U'd', U'm',  U'a',    U'é',   U'中',
                                 0x301, 0x93f, U'1',  U'2',  U'½',  U'Ⅳ', U'.',   U'!', U'-',  U'🙂', 0x200d, U'_'};
    std::uint32_t state = 7;
    const auto random = [&](std::size_t n) {
        state = state * 1664525 + 1013904223;
        return std::size_t(state >> 8) % n;
    };
    for (int round = 0; round < 4000; ++round) {
        std::string text;
        for (std::size_t n = 1 + random(12); n > 0; --n) text::append(text, alphabet[random(std::size(alphabet))]);
        CAPTURE(text);
        const auto twin = [&](text::word_rule r) { return matches(std::string(source_of(r)), text); };
        if (round % 4 == 0) REQUIRE(scanned<text::word_rule::gpt2>(text) == twin(text::word_rule::gpt2));
        if (round % 4 == 1) REQUIRE(scanned<text::word_rule::llama3>(text) == twin(text::word_rule::llama3));
        if (round % 4 == 2) REQUIRE(scanned<text::word_rule::qwen2>(text) == twin(text::word_rule::qwen2));
        if (round % 4 == 3) REQUIRE(scanned<text::word_rule::qwen3_5>(text) == twin(text::word_rule::qwen3_5));
    }
}
