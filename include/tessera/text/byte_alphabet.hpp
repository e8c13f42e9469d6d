// The printable character that stands for each byte in byte-level vocabularies, and back (as in GPT-2's encoder.py).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Printable Latin-1 stands for itself; the other 68 bytes are U+0100, U+0101 … in order.
inline constexpr auto byte_to_character = [] {
    std::array<char32_t, 256> all{};
    char32_t next = 256;
    for (char32_t b = 0; b < 256; ++b) {
        const bool printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
        all[b] = printable ? b : next++;
    }
    return all;
}();

inline constexpr auto character_to_byte = [] {
    std::array<std::int16_t, 256 + 68> all{};
    for (std::int16_t& b : all) b = -1;
    for (std::size_t b = 0; b < 256; ++b) all[byte_to_character[b]] = static_cast<std::int16_t>(b);
    return all;
}();

inline std::string spell_bytes(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char b : bytes) append(text, byte_to_character[static_cast<unsigned char>(b)]);
    return text;
}

// The bytes that `text` spells, or nothing when some character spells none.
inline std::optional<std::string> spelled_bytes(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto [c, n] = decode(text.data() + at);
        if (c >= character_to_byte.size() || character_to_byte[c] < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(character_to_byte[c]));
        at += n;
    }
    return bytes;
}

// The byte of a piece spelled <0xE5>, or -1.
inline int byte_of_piece(std::string_view piece) {
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
    int value = 0;
    for (const char c : piece.substr(3, 2)) {
        const int d = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
        if (d < 0) return -1;
        value = value * 16 + d;
    }
    return value;
}

// <0xE5>
inline std::string piece_of_byte(unsigned char b) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    return {'<', '0', 'x', hex[b >> 4], hex[b & 15], '>'};
}

}
