// Arithmetic on numbers that a file claims, and reading its bytes in order: nothing overflows, nothing is read beyond
// the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "tessera/core/error.hpp"

namespace tessera::inline TESSERA_ABI::io {

static_assert(std::endian::native == std::endian::little, "the file formats are little-endian and read in place");

// a · b of non-negative numbers, if it fits.
constexpr std::optional<index_t> checked_product(index_t a, index_t b) {
    if (b != 0 && a > std::numeric_limits<index_t>::max() / b) return {};
    return a * b;
}

// Bytes of a dense array whose rows are blocks of `block_elements` in `block_bytes`. Nothing when an extent is
// negative, a row is no multiple of the block, or a size or stride overflows; zero extents do not hide an overflow.
constexpr std::optional<index_t> checked_bytes(std::span<const index_t> extents, index_t block_elements,
                                               index_t block_bytes) {
    const index_t columns = extents.empty() ? 1 : extents.back();
    if (columns < 0 || columns % block_elements != 0) return {};
    bool empty = false;
    std::optional<index_t> elements = 1;
    for (const index_t e : extents) {
        if (e < 0) return {};
        empty = empty || e == 0;
        elements = checked_product(*elements, e == 0 ? 1 : e);
        if (!elements) return {};
    }
    const auto bytes = checked_product(*elements / block_elements, block_bytes);
    return bytes && empty ? 0 : bytes;
}

// Little-endian numbers and strings, one after the other.
class byte_reader {
public:
    explicit byte_reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::size_t position() const { return at_; }
    std::size_t remaining() const { return bytes_.size() - at_; }

    template <class T>
    requires(std::is_arithmetic_v<T>) T read() {
        T x;
        std::memcpy(&x, take(sizeof(T)).data(), sizeof(T));
        return x;
    }
    std::span<const std::byte> take(std::uint64_t n) {
        if (n > remaining())
            throw error(errc::format, "truncated",
                        {.expected = std::to_string(n) + " bytes at offset " + std::to_string(at_),
                         .found = std::to_string(remaining())});
        at_ += std::size_t(n);
        return bytes_.subspan(at_ - std::size_t(n), std::size_t(n));
    }
    std::string_view take_text(std::uint64_t n) {
        const auto text = take(n);
        return {reinterpret_cast<const char*>(text.data()), text.size()};
    }
    // How many things follow, each of at least `bytes_each`: refused before anything is allocated for them.
    std::size_t read_count(std::size_t bytes_each) { return checked_count(read<std::uint64_t>(), bytes_each); }
    std::size_t checked_count(std::uint64_t n, std::size_t bytes_each) const {
        if (n > remaining() / bytes_each)
            throw error(
                errc::format, "a count larger than the file",
                {.expected = "at most " + std::to_string(remaining() / bytes_each), .found = std::to_string(n)});
        return std::size_t(n);
    }

private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

}
