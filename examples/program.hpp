// What the example programs share: refusals as one line on standard error, and progress on a terminal.
#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "tessera/core/types.hpp"
#include "tessera/exec/thread_pool.hpp"

namespace examples {

// Parses the command line and runs body(). Returns the exit status: 0 only on success.
template <class Body>
int run_program(CLI::App& app, int argc, char** argv, Body body) {
    try {
        app.parse(argc, argv);
        body();
        return std::fflush(stdout) == 0 ? 0 : 1;
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);
        std::fprintf(stderr, "%s: %s (see --help)\n", app.get_name().c_str(), e.what());
        return 2;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), e.what());
        return 1;
    }
}

// As many workers as asked for; one for each core when that is 0.
inline tessera::exec::thread_pool pool_of(tessera::index_t threads) {
    return threads > 0 ? tessera::exec::thread_pool(threads) : tessera::exec::thread_pool();
}

// A progress callable: a bar on standard error, when that is a terminal.
class progress_bar {
public:
    explicit progress_bar(std::string what) : what_(std::move(what)), shown_(isatty(2) != 0) {}

    bool operator()(tessera::index_t done, tessera::index_t total) {
        if (!shown_ || total == 0) return true;
        constexpr tessera::index_t width = 30;
        const auto full = std::size_t(done * width / total);
        const std::string bar = std::string(full, '#') + std::string(std::size_t(width) - full, '.');
        std::fprintf(stderr, "\r%s [%s] %3d %%", what_.c_str(), bar.c_str(), int(done * 100 / total));
        if (done >= total) std::fputs("\r\033[K", stderr);
        return true;
    }

private:
    std::string what_;
    bool shown_;
};

}
