// Numbers to and from text, whatever the locale.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <version>

#if !defined(__cpp_lib_to_chars)
#include <locale>
#include <sstream>
#endif

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::io {

// Whether a decimal literal beyond the range of double is huge (true) or tiny: the decimal exponent of its first digit.
inline bool beyond_one(std::string_view literal) {
    const std::size_t e = std::min(literal.find_first_of("eE"), literal.size());
    const std::string_view mantissa = literal.substr(0, e);
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::size_t first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return false;
    index_t exponent = index_t(point) - index_t(first);
    if (e < literal.size()) {
        std::string_view digits = literal.substr(e + 1);
        const bool negative = digits[0] == '-';
        if (negative || digits[0] == '+') digits.remove_prefix(1);
        index_t n = 0;
        for (const char c : digits) n = std::min<index_t>(n * 10 + (c - '0'), index_t(1) << 48);
        exponent += negative ? -n : n;
    }
    return exponent > 0;
}

// The double nearest to a literal of JSON's grammar (not checked here): infinity beyond the range, zero below it.
inline double parse_double(std::string_view literal) {
    double x = 0;
#if defined(__cpp_lib_to_chars)
    const auto [end, problem] = std::from_chars(literal.data(), literal.data() + literal.size(), x);
    const bool out_of_range = problem == std::errc::result_out_of_range;
#else
    std::istringstream in{std::string(literal)};
    in.imbue(std::locale::classic());
    const bool out_of_range = !(in >> x);
#endif
    if (!out_of_range) return x;
    x = beyond_one(literal) ? std::numeric_limits<double>::infinity() : 0.0;
    return literal[0] == '-' ? -x : x;
}

// The shortest text that reads back as the same double, always with a point or an exponent. Finite x only.
inline void append_double(std::string& text, double x) {
    const std::size_t start = text.size();
#if defined(__cpp_lib_to_chars)
    char digits[32];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
#else
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(17);
    out << x;
    text += out.str();
#endif
    if (text.find_first_of(".e", start) == std::string::npos) text += ".0";
}

inline void append_int(std::string& text, std::int64_t x) {
    char digits[24];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
}

}
