#include "tessera/core/workspace.hpp"

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("a workspace hands out aligned memory and takes it back by frames", "[core][workspace]") {
    workspace w(1000);
    CHECK(w.capacity() == 1024);
    float* a = w.take<float>(3);
    CHECK(reinterpret_cast<std::uintptr_t>(a) % alignment == 0);
    float* first = nullptr;
    {
        const workspace::frame scratch(w);
        first = w.take<float>(100);
        CHECK(first - a == 16);
        const view<float> m = w.take<float>(5, 7);
        CHECK(m.extents() == std::array<index_t, 2>{5, 7});
        CHECK(m.contiguous());
    }
    const workspace::frame scratch(w);
    CHECK(w.take<float>(1) == first);
}

TEST_CASE("a workspace that is too small says how much is needed and stays usable", "[core][workspace]") {
    workspace w(256);
    w.take<std::byte>(64);
    CHECK_THROWS_AS(w.take<std::byte>(193), error);
    CHECK(w.take<std::byte>(192) != nullptr);
    try {
        w.take<float>(1);
        FAIL("memory beyond the end was handed out");
    } catch (const error& e) {
        CHECK(e.code() == errc::capacity);
    }
}

TEST_CASE("a measuring workspace counts what a real one then needs exactly", "[core][workspace]") {
    const auto work = [](workspace& w) {
        const workspace::frame outer(w);
        w.take<float>(10, 10);
        {
            const workspace::frame inner(w);
            w.take<double>(77);
        }
        w.take<char>(3);
    };
    workspace measured = workspace::measuring();
    CHECK(measured.take<float>(0) == nullptr);
    work(measured);
    CHECK(measured.high_water() == 448 + 640);
    workspace exact(measured.high_water()), short_by_a_line(measured.high_water() - 64);
    CHECK_NOTHROW(work(exact));
    CHECK(exact.high_water() == measured.high_water());
    CHECK_THROWS_AS(work(short_by_a_line), error);
}
