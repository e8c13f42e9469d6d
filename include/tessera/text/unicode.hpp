// What a code point is (letter, number, space …), its lower case, and UTF-8 in both directions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "tessera/io/utf8.hpp"
#include "tessera/text/unicode_table.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Sets of properties, one bit each; a code point has exactly one general category.
namespace property {
using set = std::uint64_t;
constexpr set category(int i) { return set{1} << i; }
inline constexpr set upper = category(0), lower = category(1), title = category(2), modifier = category(3),
                     other_letter = category(4);
inline constexpr set letter = upper | lower | title | modifier | other_letter;
inline constexpr set mark = category(5) | category(6) | category(7);
inline constexpr set digit = category(8);
inline constexpr set number = category(8) | category(9) | category(10);
inline constexpr set punctuation = set{0x7f} << 11;  // Pc Pd Ps Pe Pi Pf Po
inline constexpr set symbol = set{0xf} << 18;        // Sm Sc Sk So
inline constexpr set separator = set{0x7} << 22;     // Zs Zl Zp
inline constexpr set other = set{0xf} << 25;         // Cc Cf Co Cn
inline constexpr set space = category(29);           // White_Space
inline constexpr set word = category(30);            // \w: Alphabetic, marks, digits, connectors, joiners
inline constexpr set numeric = category(31);         // numbers as the Digits pre-tokenizer sees them
inline constexpr set splitting = category(32);       // punctuation as the Punctuation pre-tokenizer sees it
inline constexpr set cleaned = category(33);         // taken away by BERT's cleaning …
inline constexpr set accent = category(34);          // … and its stripping of accents, after decomposition
inline constexpr set combining = category(35);       // marks as StripAccents sees them
inline constexpr set extending = category(36);       // belongs to the grapheme cluster before it …
inline constexpr set prepending = category(37);      // … or after it
}

// Place of a printable character in the alphabet of the generated tables.
constexpr unsigned table_digit(char c) {
    return static_cast<unsigned>(c - '#') - unsigned(c > '?') - unsigned(c > '\\');
}

// The properties of any code point, looked up.
constexpr property::set look_up_properties(char32_t c) {
    namespace table = unicode_table;
    if (c < table::limit) {
        const std::size_t block = c >> 7;
        const std::size_t number = table_digit(table::block_high[block]) * 64 + table_digit(table::block_low[block]);
        return table::masks[table_digit(table::blocks[number * 128 + (c & 127)])];
    }
    const auto after = std::upper_bound(std::begin(table::rest), std::end(table::rest), c,
                                        [](char32_t x, const table::span& s) { return x < s.first; });
    return table::masks[std::prev(after)->index];
}

inline constexpr auto ascii_properties = [] {
    std::array<property::set, 128> all{};
    for (char32_t c = 0; c < 128; ++c) all[c] = look_up_properties(c);
    return all;
}();

constexpr property::set properties(char32_t c) { return c < 128 ? ascii_properties[c] : look_up_properties(c); }
constexpr bool is(char32_t c, property::set any) { return (properties(c) & any) != 0; }

// Lower case without context; U+0130 is the only one whose lower case is two characters: i and U+0307.
inline char32_t to_lower(char32_t c) {
    if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c == 0x130) return 'i';
    const auto* run = std::lower_bound(std::begin(unicode_table::lower), std::end(unicode_table::lower), c,
                                       [](const unicode_table::shift& s, char32_t x) { return s.last < x; });
    if (run == std::end(unicode_table::lower) || c < run->first || (c - run->first) % run->step != 0) return c;
    return static_cast<char32_t>(std::int64_t{c} + run->distance);
}

// One code point and the bytes that it takes.
struct code_point {
    char32_t code;
    std::size_t bytes;
};

// The first code point of text that is known to be well-formed UTF-8 and not empty.
inline code_point decode(const char* p) {
    const auto byte = [&](int i) { return static_cast<char32_t>(static_cast<unsigned char>(p[i])); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xe0) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
    if (lead < 0xf0) return {(lead & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
    return {(lead & 7) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f), 4};
}

// The last code point of well-formed text that is not empty.
inline code_point decode_last(std::string_view text) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (text[at] & 0xc0) == 0x80) --at;
    return decode(text.data() + at);
}

// The one code point of `text`, or 0xffffffff.
inline char32_t only_code_point(std::string_view text) {
    const std::size_t n = io::utf8_length(text.data(), text.data() + text.size());
    return n != 0 && n == text.size() ? decode(text.data()).code : char32_t{0xffffffff};
}

inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";  // U+FFFD

// Where no whole sequence starts: bytes of the longest beginning of one (its maximal subpart), or 0.
inline std::size_t maximal_subpart(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (text.size() < 2 || byte(1) < low || byte(1) > high) return 1;
    return text.size() > 2 && lead >= 0xf0 && (byte(2) & 0xc0) == 0x80 ? 3 : 2;
}

// Appends `bytes` with every ill-formed part replaced by U+FFFD, one per maximal subpart (Unicode, section 3.9). Where
// the bytes end inside a character and are not the last of the text, that beginning is left; returns the bytes
// consumed.
inline std::size_t append_well_formed(std::string& out, std::string_view bytes, bool last) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const char* p = bytes.data() + at;
        const char* const end = bytes.data() + bytes.size();
        const char* good = p;
        for (std::size_t n = 0; good != end && (n = io::utf8_length(good, end)) != 0;) good += n;
        out.append(p, good);
        at = std::size_t(good - bytes.data());
        if (good == end) break;
        const std::size_t cut = maximal_subpart(bytes.substr(at));
        if (!last && cut != 0 && at + cut == bytes.size()) break;
        out += replacement_character;
        at += cut == 0 ? 1 : cut;
    }
    return at;
}

inline bool is_well_formed(std::string_view text) {
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        if (static_cast<unsigned char>(*p) < 0x80) {
            ++p;
        } else if (const std::size_t n = io::utf8_length(p, end)) {
            p += n;
        } else {
            return false;
        }
    }
    return true;
}

inline void append(std::string& text, char32_t c) { io::append_utf8(text, c); }

}
