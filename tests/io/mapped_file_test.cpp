#include "tessera/io/mapped_file.hpp"

#include <type_traits>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("a file's bytes appear in memory and stay where they are when the object moves", "[io][mapped_file]") {
    const test::temporary_folder folder;
    io::mapped_file first(folder.write("a", "hello"));
    CHECK(first.text() == "hello");
    const std::byte* const at = first.bytes().data();
    io::mapped_file second(std::move(first));
    CHECK(second.bytes().data() == at);
    CHECK(second.path() == folder / "a");
    io::mapped_file third(folder.write("b", "other"));
    third = std::move(second);
    CHECK(third.bytes().data() == at);
    CHECK(third.text() == "hello");
    static_assert(!std::is_copy_constructible_v<io::mapped_file>);
}

TEST_CASE("an empty file has no bytes", "[io][mapped_file]") {
    const test::temporary_folder folder;
    CHECK(io::mapped_file(folder.write("empty", "")).bytes().empty());
}

TEST_CASE("what cannot be mapped is named", "[io][mapped_file]") {
    const test::temporary_folder folder;
    const auto absent = test::error_of([&] { io::mapped_file(folder / "absent"); });
    REQUIRE(absent);
    CHECK(absent->code() == errc::io);
    CHECK(std::string(absent->what()) == folder / "absent" + ": cannot open: No such file or directory");
    const auto directory = test::error_of([&] { io::mapped_file(folder.path()); });
    REQUIRE(directory);
    CHECK(directory->code() == errc::io);
    CHECK(directory->context().file == folder.path());
}
