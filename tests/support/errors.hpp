// What a call refuses.
#pragma once

#include <string>

#include "support/catch.hpp"
#include "tessera/core/error.hpp"

// The code of the tessera::error that f throws, whose text is one line; -1 when it throws none.
tessera::errc code_of(const auto& f) {
    try {
        f();
    } catch (const tessera::error& e) {
        CHECK(std::string(e.what()).find('\n') == std::string::npos);
        return e.code();
    }
    return tessera::errc{-1};
}
