// What a refused file, shape, prompt or argument throws: what was wrong, where, what was expected and what was found.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

enum class errc {
    io,           // a file cannot be opened, read or written
    format,       // a file or text is malformed
    missing,      // a tensor, key or file is not there
    shape,        // extents differ from what is needed
    type,         // an element type differs from what is needed
    unsupported,  // well-formed, but nothing here can run it
    argument,     // a caller's value is out of its range
    capacity,     // a cache, workspace or context is full
    cancelled,    // a progress callable said stop
};

// Where an error happened; empty parts are left out of the message.
struct error_context {
    std::string file{};      // path
    std::string subject{};   // name of the tensor, key, token or argument
    std::string expected{};
    std::string found{};
};

class error : public std::exception {
public:
    error(errc code, std::string problem, error_context context = {})
        : code_(code), problem_(std::move(problem)), context_(std::move(context)) {
        compose();
    }

    errc code() const noexcept { return code_; }
    const std::string& problem() const noexcept { return problem_; }
    const error_context& context() const noexcept { return context_; }
    // One line: file: subject: problem: expected …, found …
    const char* what() const noexcept override { return message_.c_str(); }

    // The same error, told which file it came from (kept when one is named already).
    error in(std::string file) const {
        error e = *this;
        if (e.context_.file.empty()) e.context_.file = std::move(file);
        e.compose();
        return e;
    }

private:
    void compose() {
        message_.clear();
        if (!context_.file.empty()) message_ += context_.file + ": ";
        if (!context_.subject.empty()) message_ += context_.subject + ": ";
        message_ += problem_;
        if (!context_.expected.empty()) message_ += ": expected " + context_.expected;
        if (!context_.found.empty()) message_ += (context_.expected.empty() ? ": found " : ", found ") + context_.found;
    }

    errc code_;
    std::string problem_;
    error_context context_;
    std::string message_;
};

}
