#include "tessera/io/json_parser.hpp"

#include <cmath>
#include <random>
#include <string>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;
using io::json;
using io::parse_json;

TEST_CASE("numbers are exact integers or the nearest double", "[io][json_parser]") {
    const auto integer = [](const char* text, std::int64_t value) {
        INFO(text);
        const json j = parse_json(text);
        CHECK(j.is_int());
        CHECK(j.as_int() == value);
    };
    integer("0", 0);
    integer("-0", 0);
    integer("-1", -1);
    integer("9223372036854775807", INT64_MAX);
    integer("-9223372036854775808", INT64_MIN);
    integer(" \t\r\n42 \n", 42);

    const auto real = [](const char* text, double value) {
        INFO(text);
        const json j = parse_json(text);
        CHECK(j.type() == json::kind::real);
        CHECK(j.as_float() == value);
        CHECK(std::signbit(j.as_float()) == std::signbit(value));
    };
    real("9223372036854775808", 9223372036854775808.0);
    real("-9223372036854775809", -9223372036854775808.0);
    real("123456789012345678901234567890", 123456789012345678901234567890.0);
    real("1000000000000000019884624838656", 1e30);
    real("1e5", 100000.0);
    real("1E+5", 100000.0);
    real("1e-5", 1e-05);
    real("0.1", 0.1);
    real("-0.0", -0.0);
    real("0.30000000000000004", 0.1 + 0.2);
    real("1e308", 1e308);
    real("4.9406564584124654e-324", 5e-324);
    real("2.2250738585072011e-308", 2.225073858507201e-308);
    real("1e-400", 0.0);
    real("-1e-400", -0.0);
    real("1e-99999999999999999999999", 0.0);
    real(("0." + std::string(500, '0') + "1").c_str(), 0.0);
    real(("0." + std::string(500, '0') + "1e501").c_str(), 1.0);
    real((std::string(500, '1') + "e-499").c_str(), 1.1111111111111112);
    real("0e99999999999", 0.0);
}

TEST_CASE("strings are UTF-8 with every escape undone", "[io][json_parser]") {
    using namespace std::string_literals;
    const auto string = [](std::string_view text, const std::string& value) {
        INFO(text);
        CHECK(parse_json(text).as_string() == value);
    };
    string(R"("")", "");
    string(R"("\u00e9")", "é");
    string(R"("é")", "é");
    string(R"("\ud83d\ude00")", "😀");
    string(R"("\uD83D\uDE00x")", "😀x");
    string("\"😀漢\U0010ffff\"", "😀漢\U0010ffff");
    string(R"("\u0000a")", "\0a"s);
    string(R"("\b\f\n\r\t\/\\\"")", "\b\f\n\r\t/\\\"");
    string(R"("a\nb\nc")", "a\nb\nc");
    string("\"\x7f\"", "\x7f");
}

TEST_CASE("arrays and objects keep their order", "[io][json_parser]") {
    const json j = parse_json(R"( { "b" : [ 1 , [ ] , { } , "x" ] , "a" : { "c" : null } , "" : true } )");
    CHECK(j == json(json::object{{"b", json::array{1, json::array{}, json::object{}, "x"}},
                                 {"a", json::object{{"c", nullptr}}},
                                 {"", true}}));
    std::string keys;
    for (const auto& [key, value] : j.as_object()) keys += key + "|";
    CHECK(keys == "b|a||");
}

TEST_CASE("of repeated keys the last wins, or they are refused", "[io][json_parser]") {
    const json j = parse_json(R"({"a": 1, "b": 2, "a": 3})");
    CHECK(j.size() == 2);
    CHECK(j.get<int>("a") == 3);
    const auto e = test::error_of([] { parse_json("[0,\n {\"a\": 1, \"a\": 3}]", {.repeated_keys = false}); });
    REQUIRE(e);
    CHECK(e->context().found == "'{' at line 2, column 2");
}

TEST_CASE("what the grammar does not allow is refused", "[io][json_parser]") {
    using namespace std::string_literals;
    const std::string refused[] = {
        "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "--1", "-01", "1e400", "-1e400", R"("\ud83d")", R"("\ude00")",
        R"("\ude00\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ud83d\n")", R"("\u00zz")", R"("\u+041")",
        R"("\u-041")", R"("\u 041")", R"("\u00")", R"("\x")", "\"\\", "\"\\u", "\"a\tb\"", "\"a\nb\"", "\"\0\""s,
        "[1,]", "[,1]", "[1 2]", "[1", "[", "]", R"({"a":1,})", R"({"a"})", "{a:1}", R"({"a" 1})", R"({"a":})",
        R"({1:1})", "{", "{]", "[}", R"({"a":)", "[1]x", "nul", "tru", "True", "nullx", "NaN", "Infinity", "-Infinity",
        "'a'", "", "   ", "\"", "\"abc",
        "\xef\xbb\xbf"
        "1",
        "[1]\0"s,
        "\x0b"
        "1",
        "//c\n1", "1 2", "\xa0", "[1,\f2]",
        // not UTF-8: alone, over-long, cut short, a surrogate, above U+10FFFF
        "\"\x80\"", "\"\xc0\xaf\"", "\"\xc1\xbf\"", "\"\xe0\x80\xaf\"", "\"\xf0\x80\x80\x80\"", "\"\xe2\x82\"",
        "\"\xc3", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\""};
    for (const std::string& text : refused) {
        INFO(text);
        const auto e = test::error_of([&] { parse_json(text); });
        REQUIRE(e);
        CHECK(e->code() == errc::format);
    }
}

TEST_CASE("a refusal names line and column, in characters", "[io][json_parser]") {
    const auto found = [](std::string_view text) { return test::error_of([&] { parse_json(text); })->context().found; };
    CHECK(found("{\n  \"é\": 1,\n  \"éé\" 2}") == "'2' at line 3, column 8");
    CHECK(found("[1, ") == "the end of the text at line 1, column 5");
    CHECK(found("\n\n\x01") == "byte 1 at line 3, column 1");
    CHECK(std::string(test::error_of([] { parse_json("[1 2]"); })->what()) ==
          "malformed JSON: expected ',' or ']', found '2' at line 1, column 4");
}

TEST_CASE("depth is limited, length is not", "[io][json_parser]") {
    const auto nested = [](int depth) {
        return std::string(std::size_t(depth), '[') + std::string(std::size_t(depth), ']');
    };
    CHECK(parse_json(nested(128)).size() == 1);
    CHECK(test::error_of([&] { parse_json(nested(129)); })->code() == errc::format);
    CHECK(test::error_of([&] { parse_json(std::string(1 << 20, '[')); })->code() == errc::format);
    std::string objects;
    for (int i = 0; i < 100000; ++i) objects += R"({"a":[)";
    CHECK(test::error_of([&] { parse_json(objects); })->code() == errc::format);
    CHECK(parse_json(nested(3), {.max_depth = 3}).size() == 1);
    CHECK(test::error_of([&] { parse_json(nested(3), {.max_depth = 2}); }));

    std::string wide = "[[]";
    for (int i = 1; i < 20000; ++i) wide += ",[]";
    CHECK(parse_json(wide + "]").size() == 20000);
}

TEST_CASE("Python's words for non-finite numbers are read when asked", "[io][json_parser]") {
    const io::json_options options{.non_finite = true};
    const json j = parse_json("[NaN, Infinity, -Infinity, -1]", options);
    CHECK(std::isnan(j.at(0).as_float()));
    CHECK(j.at(1).as_float() == INFINITY);
    CHECK(j.at(2).as_float() == -INFINITY);
    CHECK(j.at(3).as_int() == -1);
    CHECK(test::error_of([&] { parse_json("Inf", options); }));
    CHECK(test::error_of([&] { parse_json("-I", options); }));
    CHECK(test::error_of([&] { parse_json("N", options); }));
}

TEST_CASE("damaged JSON is a value or an error, never anything else", "[io][json_parser]") {
    const std::string good =
        R"({"model": {"type": "BPE", "vocab": {"a": 0, "é": 1, "\ud83d\ude00": 2}, "merges": [["a", "b"], [ ]]},
           "x": [true, false, null, -1.5e+3, 12345678901234567890, "\\\n"], "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": 5,
           "k6": 6, "k7": 7, "k8": 8})";
    const auto all = test::read_damaged(std::as_bytes(std::span(good)), [](std::span<const std::byte> bytes) {
        const json j = parse_json(test::as_text(bytes));
        if (j.is_object()) j.find("k7");
    });
    CHECK(all.refused > 1000);
    CHECK(all.read > 50);

    std::mt19937 random(7);
    constexpr std::string_view alphabet = "[[[]]]{{}}\"\"\"::,,,01e.-+tfn\\u \nd8\xc3\xa9";
    int read = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string soup(random() % 40, ' ');
        for (char& c : soup) c = alphabet[random() % alphabet.size()];
        read += !test::error_of([&] { parse_json(soup, {.non_finite = true}); });
    }
    CHECK(read > 0);
}
