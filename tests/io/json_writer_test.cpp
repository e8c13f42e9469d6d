#include "tessera/io/json_writer.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "tessera/io/json_parser.hpp"

using namespace tessera;
using io::json;

TEST_CASE("a value becomes one line that reads back as the same value", "[io][json_writer]") {
    const json value = json::object{{"a", json::array{1, -2.5, 1.0, 1e300, 5e-324, nullptr, true, false}},
                                    {"quote\" \\ \n \x01 \x1f é 😀 \x7f", json::object{}},
                                    {"", json::array{}},
                                    {"int", std::numeric_limits<std::int64_t>::min()}};
    const std::string text = io::to_text(value);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(io::parse_json(text) == value);
    CHECK(text ==
          "{\"a\": [1, -2.5, 1.0, 1e+300, 5e-324, null, true, false], "
          "\"quote\\\" \\\\ \\n \\u0001 \\u001f é 😀 \x7f\": {}, \"\": [], \"int\": -9223372036854775808}");
}

TEST_CASE("what JSON cannot say is replaced", "[io][json_writer]") {
    CHECK(io::to_text(json(std::nan(""))) == "null");
    CHECK(io::to_text(json(INFINITY)) == "null");
    CHECK(io::to_text(json("a\xff"
                           "b\xe2\x82")) ==
          "\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\xef\xbf\xbd\"");
}
