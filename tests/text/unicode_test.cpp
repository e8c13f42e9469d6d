#include "tessera/text/unicode.hpp"

#include "support/catch.hpp"
#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/normalization.hpp"

using namespace tessera;
namespace property = text::property;

TEST_CASE("what code points are", "[text][unicode]") {
    CHECK(text::is(U'a', property::letter));
    CHECK(text::is(U'a', property::lower));
    CHECK_FALSE(text::is(U'a', property::upper));
    CHECK(text::is(U'ǅ', property::title));
    CHECK(text::is(U'中', property::other_letter));
    CHECK(text::is(U'½', property::number));
    CHECK(text::is(U'٣', property::digit));
    CHECK(text::is(0x301, property::mark));
    CHECK(text::is(U'_', property::word));
    CHECK(text::is(U'_', property::punctuation));
    CHECK(text::is(U'+', property::symbol));
    CHECK(text::is(U'🙂', property::symbol));
    CHECK(text::is(U'+', property::splitting));  // ASCII punctuation counts
    for (const char32_t c : {0x9u, 0xdu, 0x20u, 0x85u, 0xa0u, 0x1680u, 0x2003u, 0x2028u, 0x202fu, 0x3000u})
        CHECK(text::is(c, property::space));
    for (const char32_t c : {0x8u, 0x200bu, 0x2060u, 0xfeffu, 0x41u}) CHECK_FALSE(text::is(c, property::space));
    for (const char32_t c : {0x10ffffu, 0xe0001u, 0x33480u, 0x3347fu, 0xd800u}) CHECK(text::is(c, property::other));
    CHECK(text::is(0xe0100, property::mark));
}

TEST_CASE("every code point has exactly one category", "[text][unicode]") {
    constexpr property::set categories = property::category(29) - 1;
    int wrong = 0, letters = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        const property::set p = text::properties(c) & categories;
        wrong += p == 0 || (p & (p - 1)) != 0 ? 1 : 0;
        letters += text::is(c, property::letter) ? 1 : 0;
    }
    CHECK(wrong == 0);
    CHECK(letters == 141028);  // Unicode 16
}

TEST_CASE("lower case", "[text][unicode]") {
    for (const auto& [from, to] : {std::pair{U'A', U'a'},
                                   {U'z', U'z'},
                                   {U'É', U'é'},
                                   {U'Ǆ', U'ǆ'},
                                   {U'ǅ', U'ǆ'},
                                   {U'Σ', U'σ'},
                                   {U'ẞ', U'ß'},
                                   {U'K', U'k'},
                                   {U'𐐀', U'𐐨'},
                                   {U'ß', U'ß'}})
        CHECK(text::to_lower(from) == to);
}

TEST_CASE("ill-formed bytes become one U+FFFD per maximal part", "[text][unicode]") {
    const auto repaired = [](std::string_view bytes) {
        std::string out;
        CHECK(text::append_well_formed(out, bytes, true) == bytes.size());
        return out;
    };
    const std::string r(text::replacement_character);
    CHECK(repaired("a\x80"
                   "b") == "a" + r + "b");
    CHECK(repaired("\xf0\x9f\x99") == r);
    CHECK(repaired("\xf0\x9f\x99"
                   "a") == r + "a");
    CHECK(repaired("\xed\xa0\x80") == r + r + r);          // a surrogate
    CHECK(repaired("\xc0\xaf") == r + r);                  // over-long
    CHECK(repaired("\xf4\x90\x80\x80") == r + r + r + r);  // above U+10FFFF
    CHECK(repaired("\xe4\xbd\xe4\xbd\xa0") == r + "你");
    std::string out;
    CHECK(text::append_well_formed(out, "ab\xe4\xbd", false) == 2);  // waits for the rest
    CHECK(out == "ab");
}

TEST_CASE("bytes and the characters that spell them", "[text][byte_alphabet]") {
    std::string all;
    for (int b = 0; b < 256; ++b) all.push_back(static_cast<char>(b));
    CHECK(text::spelled_bytes(text::spell_bytes(all)) == all);
    CHECK(text::spell_bytes(" \n") == "ĠĊ");
    CHECK_FALSE(text::spelled_bytes("a b"));
    CHECK(text::byte_of_piece("<0xE5>") == 0xe5);
    CHECK(text::byte_of_piece("<0x8f>") == 0x8f);
    for (const char* no : {"<0xZZ>", "<0x5>", "0x41", "<0x415>", ""}) CHECK(text::byte_of_piece(no) == -1);
}

TEST_CASE("normal forms", "[text][normalization]") {
    using text::normal_form;
    const text::normalization nfc(normal_form::nfc), nfd(normal_form::nfd), nfkc(normal_form::nfkc),
        nfkd(normal_form::nfkd);
    struct row {
        const char *text, *c, *d, *kc, *kd;
    };
    const row rows[] = {
        {"\u0301\u0327e", "\u0327\u0301e", "\u0327\u0301e", "\u0327\u0301e", "\u0327\u0301e"},
        {"abc", "abc", "abc", "abc", "abc"},
        {"é", "é", "e\u0301", "é", "e\u0301"},
        {"e\u0301", "é", "e\u0301", "é", "e\u0301"},
        {"a\u0301\u0323", "ạ\u0301", "a\u0323\u0301", "ạ\u0301", "a\u0323\u0301"},
        {"\u01d5", "\u01d5", "U\u0308\u0304", "\u01d5", "U\u0308\u0304"},
        {"ﬁ", "ﬁ", "ﬁ", "fi", "fi"},
        {"\u212b", "\u00c5", "A\u030a", "\u00c5", "A\u030a"},
        {"각", "각", "\u1100\u1161\u11a8", "각", "\u1100\u1161\u11a8"},
        {"\u1100\u1161", "가", "\u1100\u1161", "가", "\u1100\u1161"},
        {"\u0958", "\u0915\u093c", "\u0915\u093c", "\u0915\u093c", "\u0915\u093c"},  // excluded from composition
        {"㌔", "㌔", "㌔", "キロ", "キロ"},
        {"\u0385", "\u0385", "\u00a8\u0301", " \u0308\u0301", " \u0308\u0301"}};
    for (const row& r : rows) {
        CAPTURE(r.text);
        CHECK(nfc(r.text) == r.c);
        CHECK(nfd(r.text) == r.d);
        CHECK(nfkc(r.text) == r.kc);
        CHECK(nfkd(r.text) == r.kd);
    }
}
