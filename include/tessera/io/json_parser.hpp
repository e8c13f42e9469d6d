// Reads JSON text (RFC 8259, strictly): every byte is checked, and a refusal names line and column.
#pragma once

#include <array>
#include <charconv>
#include <iterator>
#include <limits>

#include "tessera/io/decimal.hpp"
#include "tessera/io/json_value.hpp"
#include "tessera/io/utf8.hpp"

namespace tessera::inline TESSERA_ABI::io {

struct json_options {
    int max_depth = 128;        // of arrays and objects inside each other
    bool repeated_keys = true;  // the last one wins; false: refused
    bool non_finite = false;    // NaN, Infinity and -Infinity, which Python writes
};

class json_parser {
public:
    json_parser(std::string_view text, const json_options& options)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), options_(options) {}

    // The one value that the text holds.
    json parse() {
        json value = parse_value();
        skip_space();
        if (at_ != end_) fail("the end of the text");
        return value;
    }

private:
    json parse_value() {
        skip_space();
        switch (peek()) {
            case '{': return parse_object();
            case '[': return parse_array();
            case '"': return parse_string();
            case 't': return parse_word("true", true);
            case 'f': return parse_word("false", false);
            case 'n': return parse_word("null", nullptr);
            case 'N':
                if (options_.non_finite) return parse_word("NaN", std::numeric_limits<double>::quiet_NaN());
                break;
            case 'I':
                if (options_.non_finite) return parse_word("Infinity", std::numeric_limits<double>::infinity());
                break;
            case '-':
                if (options_.non_finite && end_ - at_ > 1 && at_[1] == 'I')
                    return parse_word("-Infinity", -std::numeric_limits<double>::infinity());
                return parse_number();
            default:
                if (is_digit(peek())) return parse_number();
        }
        fail("a value");
    }

    // Finished elements wait on one stack, so that each array is allocated once and at its size.
    json parse_array() {
        const std::size_t first = elements_.size();
        open();
        if (skip_space(), !accept(']')) {
            do {
                elements_.push_back(parse_value());
                skip_space();
            } while (accept(','));
            require(']', "',' or ']'");
        }
        --depth_;
        return json::array(take(elements_, first));
    }

    json parse_object() {
        const std::size_t first = members_.size();
        const char* const start = at_;
        open();
        if (skip_space(), !accept('}')) {
            do {
                skip_space();
                if (peek() != '"') fail("a key in double quotes");
                std::string key = parse_string();
                skip_space();
                require(':', "':'");
                json value = parse_value();
                members_.push_back({std::move(key), std::move(value)});
                skip_space();
            } while (accept(','));
            require('}', "',' or '}'");
        }
        --depth_;
        json::object object(take(members_, first));
        if (!options_.repeated_keys && object.dropped_repeated_keys()) {
            at_ = start;
            fail("an object without repeated keys");
        }
        return object;
    }

    std::string parse_string() {
        std::string text;
        const char* run = ++at_;  // what follows is not in `text` yet
        for (;;) {
            while (at_ != end_ && plain[static_cast<unsigned char>(*at_)]) ++at_;
            if (at_ == end_) fail("'\"'");
            if (*at_ == '"') break;
            if (*at_ == '\\') {
                text.append(run, at_++);
                parse_escape(text);
                run = at_;
            } else {  // a control character or the start of a longer sequence
                const std::size_t n = static_cast<unsigned char>(*at_) < 0x20 ? 0 : utf8_length(at_, end_);
                if (n == 0) fail("valid UTF-8 without control characters");
                at_ += n;
            }
        }
        text.append(run, at_++);
        return text;
    }

    void parse_escape(std::string& text) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (accept('u')) return append_utf8(text, parse_code_point());
        const std::size_t i = at_ == end_ ? std::string_view::npos : letters.find(*at_);
        if (i == std::string_view::npos) fail("an escaped character");
        text.push_back(meanings[i]);
        ++at_;
    }

    // After \u: one unit of UTF-16, or a pair of surrogates.
    std::uint32_t parse_code_point() {
        const std::uint32_t first = parse_unit();
        if (first < 0xd800 || first > 0xdfff) return first;
        if (first > 0xdbff || !accept('\\') || !accept('u')) fail("a pair of surrogates");
        const std::uint32_t second = parse_unit();
        if (second < 0xdc00 || second > 0xdfff) fail("a pair of surrogates");
        return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    }

    std::uint32_t parse_unit() {
        std::uint32_t unit = 0;
        if (end_ - at_ < 4) fail("four hexadecimal digits");
        const auto [stop, problem] = std::from_chars(at_, at_ + 4, unit, 16);
        if (stop != at_ + 4) fail("four hexadecimal digits");
        at_ += 4;
        return unit;
    }

    json parse_number() {
        const char* const start = at_;
        accept('-');
        if (!accept('0')) skip_digits();
        bool integer = true;
        if (accept('.')) {
            integer = false;
            skip_digits();
        }
        if (accept('e') || accept('E')) {
            integer = false;
            if (!accept('+')) accept('-');
            skip_digits();
        }
        std::int64_t exact = 0;
        if (integer && std::from_chars(start, at_, exact).ec == std::errc{}) return exact;
        const double nearest = parse_double({start, std::size_t(at_ - start)});
        if (!std::isfinite(nearest)) {
            at_ = start;
            fail("a number within the range of double");
        }
        return nearest;
    }

    json parse_word(std::string_view word, json meaning) {
        if (std::string_view(at_, std::size_t(end_ - at_)).substr(0, word.size()) != word) fail("a value");
        at_ += word.size();
        return meaning;
    }

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    char peek() const { return at_ == end_ ? '\0' : *at_; }
    bool accept(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    void require(char c, const char* expected) {
        if (!accept(c)) fail(expected);
    }
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    void skip_digits() {
        if (!is_digit(peek())) fail("a digit");
        while (is_digit(peek())) ++at_;
    }
    void open() {
        if (++depth_ > options_.max_depth) fail("at most " + std::to_string(options_.max_depth) + " nested values");
        ++at_;
    }

    template <class T>
    static std::vector<T> take(std::vector<T>& stack, std::size_t first) {
        const auto from = stack.begin() + std::ptrdiff_t(first);
        std::vector<T> top(std::make_move_iterator(from), std::make_move_iterator(stack.end()));
        stack.erase(from, stack.end());
        return top;
    }

    // Columns count characters, not bytes.
    [[noreturn]] void fail(std::string expected) const {
        index_t line = 1;
        index_t column = 1;
        for (const char* p = begin_; p != at_; ++p) {
            if (*p == '\n')
                ++line, column = 1;
            else if ((static_cast<unsigned char>(*p) & 0xc0) != 0x80)
                ++column;
        }
        std::string found =
            at_ == end_ ? "the end of the text" : "byte " + std::to_string(static_cast<unsigned char>(*at_));
        if (at_ != end_ && *at_ > ' ' && *at_ < '\x7f') found = std::string("'") + *at_ + "'";
        throw error(errc::format, "malformed JSON",
                    {.expected = std::move(expected),
                     .found = found + " at line " + std::to_string(line) + ", column " + std::to_string(column)});
    }

    // Bytes that stand for themselves inside a string: ASCII but quotes, backslashes and control characters.
    static constexpr std::array<bool, 256> plain = [] {
        std::array<bool, 256> table{};
        for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
        return table;
    }();

    const char* begin_;
    const char* at_;
    const char* end_;
    json_options options_;
    int depth_ = 0;
    std::vector<json> elements_;
    std::vector<json::member> members_;
};

inline json parse_json(std::string_view text, const json_options& options = {}) {
    return json_parser(text, options).parse();
}

}
