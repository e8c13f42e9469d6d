// For tests of file formats: bytes in order, damaged copies of a good file, temporary files, the error that a call
// throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"

namespace test {

class byte_writer {
public:
    template <class T>
    byte_writer& put(T x) {
        return put_all(std::as_bytes(std::span(&x, 1)));
    }
    byte_writer& text(std::string_view s) { return put_all(std::as_bytes(std::span(s))); }
    // GGUF's strings.
    byte_writer& counted(std::string_view s) { return put(std::uint64_t(s.size())).text(s); }
    byte_writer& pad_to(std::size_t multiple) {
        while (bytes_.size() % multiple != 0) bytes_.push_back(std::byte{0});
        return *this;
    }
    byte_writer& put_all(std::span<const std::byte> more) {
        bytes_.insert(bytes_.end(), more.begin(), more.end());
        return *this;
    }
    const std::vector<std::byte>& bytes() const { return bytes_; }
    operator std::span<const std::byte>() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The error that f throws, if it does; any other exception passes through and fails the test.
template <class F>
std::optional<tessera::error> error_of(F&& f) {
    try {
        f();
    } catch (const tessera::error& e) {
        return e;
    }
    return {};
}

struct tally {
    int read = 0;
    int refused = 0;
};

// Gives f every truncation of a good file, and every copy with one byte changed, each in memory of exactly its size (so
// that a sanitizer sees a read beyond it). f may only return or throw a tessera::error.
template <class F>
tally read_damaged(std::span<const std::byte> good, F&& f) {
    tally all;
    const auto attempt = [&](std::span<const std::byte> bytes) {
        const auto copy = std::make_unique<std::byte[]>(bytes.size());
        if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
        error_of([&] { f(std::span<const std::byte>(copy.get(), bytes.size())); }) ? ++all.refused : ++all.read;
    };
    for (std::size_t n = 0; n < good.size(); ++n) attempt(good.first(n));
    std::vector<std::byte> damaged(good.begin(), good.end());
    std::mt19937 random(1);
    for (std::size_t i = 0; i < good.size(); ++i) {
        const auto old = damaged[i];
        for (const int x : std::initializer_list<int>{0x00, 0xff, 0x7f, 0x80, '"', int(old) ^ 1, int(old) ^ 0x80,
                                                      int(random() & 0xff)}) {
            damaged[i] = std::byte(x);
            attempt(damaged);
        }
        damaged[i] = old;
    }
    return all;
}

// A folder that vanishes with the object.
class temporary_folder {
public:
    temporary_folder() {
        std::random_device random;
        do {
            path_ = std::filesystem::temp_directory_path() / ("tessera_test_" + std::to_string(random()));
        } while (!std::filesystem::create_directory(path_));
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string path() const { return path_.string(); }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    // Writes a file and gives its path.
    std::string write(const std::string& name, std::span<const std::byte> bytes) const {
        std::ofstream(path_ / name, std::ios::binary).write(as_text(bytes).data(), std::streamsize(bytes.size()));
        return *this / name;
    }
    std::string write(const std::string& name, std::string_view text) const {
        return write(name, std::as_bytes(std::span(text)));
    }

private:
    std::filesystem::path path_;
};

}
