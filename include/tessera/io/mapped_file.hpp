// A whole file, read-only in memory: mapped where the system can, read where it cannot.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/core/error.hpp"

#if defined(_WIN32)
#include <fstream>
#include <vector>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace tessera::inline TESSERA_ABI::io {

// Move-only. Nobody may shorten the file while it is mapped: reading a page that is gone ends the process.
class mapped_file {
public:
    explicit mapped_file(std::string path) : path_(std::move(path)) { open(); }

    const std::string& path() const { return path_; }
    // Starts at a page (or allocation) boundary. Moving the object does not move the bytes.
    std::span<const std::byte> bytes() const { return bytes_of(owner_); }
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes().data()), bytes().size()}; }

private:
    [[noreturn]] void fail(const std::string& problem) const { throw error(errc::io, problem, {.file = path_}); }
    [[noreturn]] void fail_with_errno(const char* what) const {
        const int number = errno;
        fail(std::string(what) + ": " + std::strerror(number));
    }

#if defined(_WIN32)
    void open() {
        std::ifstream in(path_, std::ios::binary | std::ios::ate);
        if (!in) fail_with_errno("cannot open");
        owner_.resize(static_cast<std::size_t>(in.tellg()));
        in.seekg(0);
        in.read(reinterpret_cast<char*>(owner_.data()), static_cast<std::streamsize>(owner_.size()));
        if (!in) fail_with_errno("cannot read");
    }

    using owner = std::vector<std::byte>;
    static std::span<const std::byte> bytes_of(const owner& all) { return all; }
#else
    struct descriptor {
        int number;
        ~descriptor() {
            if (number >= 0) ::close(number);
        }
    };
    struct unmap {
        std::size_t size;
        void operator()(std::byte* address) const { ::munmap(address, size); }
    };
    using owner = std::unique_ptr<std::byte, unmap>;
    static std::span<const std::byte> bytes_of(const owner& all) {
        if (all == nullptr) return {};
        return {all.get(), all.get_deleter().size};
    }

    void open() {
        const descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        struct stat status {};
        if (file.number < 0 || ::fstat(file.number, &status) != 0) fail_with_errno("cannot open");
        if (S_ISDIR(status.st_mode)) fail("is a directory");
        if (!S_ISREG(status.st_mode)) fail("is not a regular file");
        const auto size = static_cast<std::size_t>(status.st_size);
        if (size == 0) return;  // nothing to map, and mmap refuses
        void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
        if (address == MAP_FAILED) fail_with_errno("cannot map");
        owner_ = owner(static_cast<std::byte*>(address), unmap{size});
    }
#endif

    std::string path_;
    owner owner_;
};

}
