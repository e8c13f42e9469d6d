#include "tessera/io/json.hpp"

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("a JSON file is read in one call, and named in errors", "[io][json]") {
    const test::temporary_folder folder;
    CHECK(io::read_json(folder.write("good.json", R"({"a": [1]})")).at("a").at(0).as_int() == 1);

    const std::string bad = folder.write("bad.json", "{\n\"a\": x}");
    const auto e = test::error_of([&] { io::read_json(bad); });
    REQUIRE(e);
    CHECK(e->code() == errc::format);
    CHECK(std::string(e->what()) == bad + ": malformed JSON: expected a value, found 'x' at line 2, column 6");
    CHECK(test::error_of([&] { io::read_json(folder.write("empty.json", "")); })->code() == errc::format);
    CHECK(test::error_of([&] { io::read_json(folder / "absent.json"); })->code() == errc::io);
}
