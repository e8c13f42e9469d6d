#include "tessera/core/error.hpp"

#include <memory>
#include <string>

#include "support/catch.hpp"
#include "tessera/core/function_ref.hpp"
#include "tessera/core/result.hpp"

using namespace tessera;

TEST_CASE("an error says where, what was expected and what was found, on one line", "[core][error]") {
    const error full(errc::shape, "wrong shape", {.file = "a.gguf", .subject = "w", .expected = "[2]", .found = "[3]"});
    CHECK(std::string(full.what()) == "a.gguf: w: wrong shape: expected [2], found [3]");
    CHECK(full.code() == errc::shape);
    CHECK(full.problem() == "wrong shape");
    CHECK(full.context().subject == "w");
    CHECK(std::string(error(errc::io, "cannot open").what()) == "cannot open");
    CHECK(std::string(error(errc::io, "x", {.found = "y"}).what()) == "x: found y");
    CHECK(std::string(error(errc::io, "x", {.expected = "y"}).what()) == "x: expected y");
}

TEST_CASE("an error can be told its file, once", "[core][error]") {
    const error e(errc::missing, "no such tensor", {.subject = "w"});
    CHECK(std::string(e.in("a").what()) == "a: w: no such tensor");
    CHECK(std::string(e.in("a").in("b").what()) == "a: w: no such tensor");
}

TEST_CASE("a result holds a value or the error that stood in its way", "[core][result]") {
    const result<int> good = attempt([] { return 7; });
    CHECK(good);
    CHECK(good.value() == 7);
    result<int> bad = attempt([]() -> int { throw error(errc::format, "broken"); });
    CHECK_FALSE(bad.has_value());
    CHECK(bad.error().code() == errc::format);
    CHECK_THROWS_AS(bad.value(), error);
    CHECK_THROWS_AS(attempt([]() -> int { throw 3; }), int);
    result<std::unique_ptr<int>> owner = std::make_unique<int>(5);
    CHECK(**owner == 5);
    const std::unique_ptr<int> taken = std::move(owner).value();
    CHECK(*taken == 5);
    result<std::string> text = std::string("abc");
    CHECK(text->size() == 3);
}

TEST_CASE("a function_ref calls what it was bound to", "[core][function_ref]") {
    int calls = 0;
    auto count = [&calls](int by) { return calls += by; };
    const function_ref<int(int)> f = count;
    CHECK(f(2) == 2);
    const function_ref<int(int)> copy = f;
    CHECK(copy(3) == 5);
    CHECK(calls == 5);
    const auto constant = [] { return 4; };
    CHECK(function_ref<long()>(constant)() == 4);
    const auto take = [](std::unique_ptr<int> p) { return *p; };
    CHECK(function_ref<int(std::unique_ptr<int>)>(take)(std::make_unique<int>(9)) == 9);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<function_ref<int(int)>, int (*)(std::string)>);
}
