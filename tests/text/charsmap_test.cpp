#include "tessera/text/charsmap.hpp"

#include <cstring>

#include "support/catch.hpp"
#include "tessera/io/json.hpp"
#include "text/goldens.hpp"

using namespace tessera;

namespace {

// The table of a golden tokenizer.
std::string rules() {
    const io::json root = io::read_json(text_goldens::path("t5"));
    return text::decode_base64(root.at("normalizer").at("normalizers").at(0).get<std::string>("precompiled_charsmap"));
}

std::string rewritten(const text::charsmap& rules, std::string_view text) {
    text::rewriting out({text});
    text::apply_rules(rules, out);
    return std::string(out.result().text);
}

std::string with_word(std::string bytes, std::size_t at, std::uint32_t value) {
    std::memcpy(bytes.data() + at, &value, 4);  // of a little-endian machine
    return bytes;
}

errc code_of(const std::string& bytes) {
    try {
        text::charsmap{bytes};
    } catch (const error& e) {
        return e.code();
    }
    FAIL("accepted");
    return {};
}

}

TEST_CASE("base64", "[text][charsmap]") {
    CHECK(text::decode_base64("").empty());
    CHECK(text::decode_base64("Zg==") == "f");
    CHECK(text::decode_base64("Zm8=") == "fo");
    CHECK(text::decode_base64("Zm9v") == "foo");
    CHECK(text::decode_base64("/+8A") == std::string("\xff\xef\0", 3));
    for (const char* bad : {"Z", "Zg=", "Zg", "Z===", "====", "Zm9v\n", "Zm=v", "Zm-_", "\xc3\xa9\xc3\xa9"})
        CHECK_THROWS_AS(text::decode_base64(bad), error);
}

TEST_CASE("clusters are rewritten whole, else their characters", "[text][charsmap]") {
    const text::charsmap table(rules());
    CHECK(table.find("\xef\xac\x81") == std::optional<std::string_view>("fi"));
    CHECK(table.find("\xe2\x80\x8b") == std::optional<std::string_view>(""));
    CHECK_FALSE(table.find("fi"));
    CHECK_FALSE(table.find(""));
    CHECK(rewritten(table,
                    "caf"
                    "e\xcc\x81 \xef\xac\x81 a\r\nb") == "caf\xc3\xa9 fi a b");
    CHECK(rewritten(table, "\xef\xac\x81\xcc\x81") == "fi");  // the shortest rule takes the whole cluster
    CHECK(rewritten(table,
                    "\xe2\x80\x8b"
                    "a\xe2\x80\x8b") == "a");  // rules that make nothing
    CHECK(rewritten(table,
                    "\xe2\x80\x8b\xef\xbb\xbf"
                    "abc d\xc2\xbd") ==
          "abc d1\xe2\x81\x84"
          "2");
    CHECK(rewritten(table, "e\xcc\x81\xcc\xa3\xcc\xa3") == "e\xcc\x81\xcc\xa3\xcc\xa3");  // too long a cluster
    CHECK(rewritten(table, "").empty());
}

TEST_CASE("grapheme clusters", "[text][charsmap]") {
    const auto first = [](std::string_view text) { return text::end_of_cluster(text, 0); };
    CHECK(first("ab") == 1);
    CHECK(first("a\xcc\x81\xcc\xa3"
                "b") == 5);
    CHECK(first("\r\n\n") == 2);
    CHECK(first("\n\xcc\x81") == 1);  // nothing joins a control character
    CHECK(first("\xd8\x80"
                "a") == 3);                                                 // U+0600 joins what follows
    CHECK(first("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8\xe1\x84\x80") == 9);  // a syllable of three letters
    CHECK(first("\xea\xb0\x80\xe1\x86\xa8") == 6);
    CHECK(first("\xea\xb0\x81\xe1\x85\xa1") == 3);  // a finished syllable takes no vowel
}

TEST_CASE("what is wrong in a table of rules", "[text][charsmap]") {
    const std::string good = rules();
    text::charsmap{good};
    CHECK(code_of("") == errc::format);
    CHECK(code_of("abc") == errc::format);
    CHECK(code_of(std::string(4, '\0')) == errc::format);
    CHECK(code_of(good.substr(0, 100)) == errc::format);
    CHECK(code_of(with_word(good, 0, 0xffffffff)) == errc::format);
    CHECK(code_of(with_word(good, 0, 1023)) == errc::format);
    CHECK(code_of(with_word(good, 4, 0x7ffffc00)) == errc::format);  // the root leads far out
    CHECK(code_of(with_word(good, 4, 0x7ffffe00)) == errc::format);
}

// Every change of the bytes is a table that works on anything, or a tessera::error.
TEST_CASE("damaged tables never crash", "[text][charsmap]") {
    const std::string good = rules();
    std::uint32_t state = 99;
    const auto random = [&](std::size_t n) {
        state = state * 1664525 + 1013904223;
        return std::size_t(state >> 8) % n;
    };
    int accepted = 0, refused = 0;
    for (int round = 0; round < 600; ++round) {
        std::string damaged = good;
        for (std::size_t k = random(4); k < 4; ++k) damaged[random(damaged.size())] = static_cast<char>(random(256));
        if (round % 8 == 0) damaged.resize(random(damaged.size()));
        try {
            const text::charsmap table(damaged);
            for (const std::string_view text : {"caf"
                                                "e\xcc\x81 \xef\xac\x81\xe2\x80\x8b\r\n\x01",
                                                "\xc2\xbd\xe2\x91\xa0 a\xcc\x88"})
                CHECK(text::is_well_formed(rewritten(table, text)));
            ++accepted;
        } catch (const error&) {
            ++refused;
        }
    }
    CHECK(accepted > 50);
    CHECK(refused > 50);
}
