#include "tessera/io/checked.hpp"

#include <limits>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;
using io::checked_bytes;

TEST_CASE("sizes are exact or refused", "[io][checked]") {
    constexpr index_t most = std::numeric_limits<index_t>::max();
    using extents = std::vector<index_t>;
    CHECK(checked_bytes(extents{}, 1, 4) == 4);
    CHECK(checked_bytes(extents{3, 5}, 1, 4) == 60);
    CHECK(checked_bytes(extents{3, 64}, 32, 18) == 108);
    CHECK(checked_bytes(extents{3, 0}, 1, 4) == 0);
    CHECK(checked_bytes(extents{0, 64}, 32, 18) == 0);
    CHECK_FALSE(checked_bytes(extents{3, 33}, 32, 18));
    CHECK_FALSE(checked_bytes(extents{}, 32, 18));
    CHECK_FALSE(checked_bytes(extents{-1, 4}, 1, 4));
    CHECK_FALSE(checked_bytes(extents{-2, -2}, 1, 4));
    CHECK_FALSE(checked_bytes(extents{most}, 1, 2));
    CHECK_FALSE(checked_bytes(extents{index_t(1) << 32, index_t(1) << 32}, 1, 1));
    CHECK_FALSE(checked_bytes(extents{0, index_t(1) << 32, index_t(1) << 32}, 1, 1));  // strides would overflow
    CHECK_FALSE(checked_bytes(extents{index_t(1) << 31, index_t(1) << 31}, 1, 8));

    CHECK(io::checked_product(most, 1) == most);
    CHECK(io::checked_product(0, most) == 0);
    CHECK_FALSE(io::checked_product(most / 2 + 1, 2));
}

TEST_CASE("a reader stops at the end", "[io][checked]") {
    const auto bytes = test::byte_writer().put(std::uint32_t(7)).put(1.5f).text("abc").bytes();
    io::byte_reader in(bytes);
    CHECK(in.read<std::uint32_t>() == 7);
    CHECK(in.read<float>() == 1.5f);
    CHECK(in.take_text(2) == "ab");
    CHECK(in.position() == 10);
    CHECK(in.remaining() == 1);
    CHECK(test::error_of([&] { in.read<std::uint16_t>(); })->code() == errc::format);
    CHECK(test::error_of([&] { in.take(std::numeric_limits<std::uint64_t>::max()); })->code() == errc::format);
    CHECK(in.checked_count(1, 1) == 1);
    CHECK(test::error_of([&] { in.checked_count(2, 1); })->code() == errc::format);
    CHECK(test::error_of([&] { in.checked_count(std::uint64_t(1) << 61, 8); })->code() == errc::format);
    CHECK(in.take_text(1) == "c");
    CHECK(in.take(0).empty());
}
