// Writes a JSON value as one line of text.
#pragma once

#include "tessera/io/decimal.hpp"
#include "tessera/io/json_value.hpp"
#include "tessera/io/utf8.hpp"

namespace tessera::inline TESSERA_ABI::io {

// In double quotes; UTF-8 is kept, control characters are escaped, bytes that are not UTF-8 become U+FFFD.
inline void append_json(std::string& text, std::string_view s) {
    constexpr std::string_view meanings = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    text.push_back('"');
    for (const char *p = s.data(), *end = p + s.size(); p != end;) {
        const std::size_t n = utf8_length(p, end);
        if (const std::size_t i = meanings.find(*p); i != std::string_view::npos) {
            text.push_back('\\');
            text.push_back(letters[i]);
        } else if (n == 1 && static_cast<unsigned char>(*p) < 0x20) {
            constexpr std::string_view hex = "0123456789abcdef";
            text += *p < 0x10 ? "\\u000" : "\\u001";
            text.push_back(hex[std::size_t(*p & 0xf)]);
        } else {
            n == 0 ? text.append("\xef\xbf\xbd") : text.append(p, n);
        }
        p += n == 0 ? 1 : n;
    }
    text.push_back('"');
}

inline void append_json(std::string& text, const json& value) {
    switch (value.type()) {
        case json::kind::null: text += "null"; break;
        case json::kind::boolean: text += value.as_bool() ? "true" : "false"; break;
        case json::kind::integer: append_int(text, value.as_int()); break;
        case json::kind::real:  // JSON has no infinities
            std::isfinite(value.as_float()) ? append_double(text, value.as_float()) : void(text += "null");
            break;
        case json::kind::string: append_json(text, std::string_view(value.as_string())); break;
        case json::kind::array:
            text.push_back('[');
            for (const json& element : value.as_array()) {
                if (&element != value.as_array().data()) text += ", ";
                append_json(text, element);
            }
            text.push_back(']');
            break;
        case json::kind::object:
            text.push_back('{');
            for (const json::member& m : value.as_object()) {
                if (&m != value.as_object().begin()) text += ", ";
                append_json(text, std::string_view(m.key));
                text += ": ";
                append_json(text, m.value);
            }
            text.push_back('}');
            break;
    }
}

inline std::string to_text(const json& value) {
    std::string text;
    append_json(text, value);
    return text;
}

}
