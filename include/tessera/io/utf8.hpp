// One UTF-8 sequence at a time: checked decoding and encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::io {

// Bytes (1–4) of the well-formed sequence at p, or 0: no over-long forms, no surrogates, nothing above U+10FFFF
// (Unicode, table 3-7).
inline std::size_t utf8_length(const char* p, const char* end) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
    const auto left = static_cast<std::size_t>(end - p);
    if (left == 0) return 0;
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t n = lead >= 0xc2 && lead <= 0xdf   ? 2
                          : (lead & 0xf0) == 0xe0        ? 3
                          : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                         : 0;
    if (n == 0 || left < n) return 0;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < n; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    return n;
}

// A code point up to U+10FFFF.
inline void append_utf8(std::string& text, std::uint32_t c) {
    const auto put = [&](std::uint32_t b) { text.push_back(static_cast<char>(static_cast<unsigned char>(b))); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            put(0xe0 | c >> 12);
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
        }
        put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

}
