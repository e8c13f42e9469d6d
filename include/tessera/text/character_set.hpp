// A set of code points as a regular expression writes it: x, ., \s, \p{Lu} or [^\r\n\p{L}a-z].
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::text {

class character_set {
public:
    // Reads one set at `at`; `fold`: letters stand for both cases. `source` is the whole pattern, for messages.
    static character_set parse(const char*& at, const char* end, bool fold, const std::string& source) {
        reader in{at, end, fold, source};
        character_set set = in.read();
        at = in.at;
        for (char32_t c = 0; c < 128; ++c) set.ascii_[c] = set.look_up(c);
        return set;
    }

    bool contains(char32_t c) const { return c < 128 ? ascii_[c] : look_up(c); }

private:
    bool listed(char32_t c) const {
        const property::set p = properties(c);
        if ((p & any_) != 0) return true;
        for (const property::set s : none_)
            if ((p & s) == 0) return true;
        for (const auto& [first, last] : ranges_)
            if (first <= c && c <= last) return true;
        return false;
    }
    bool look_up(char32_t c) const { return listed(c) != negated_; }

    void add(char32_t first, char32_t last, bool fold) {
        ranges_.emplace_back(first, last);
        if (!fold) return;
        for (char32_t c = first; c <= last && c < 128; ++c) {
            if (!is(c, property::letter)) continue;
            ranges_.emplace_back(c ^ 0x20, c ^ 0x20);
            if ((c | 0x20) == 's') ranges_.emplace_back(0x17f, 0x17f);    // long s
            if ((c | 0x20) == 'k') ranges_.emplace_back(0x212a, 0x212a);  // Kelvin sign
        }
    }

    struct reader {
        const char* at;
        const char* end;
        bool fold;
        const std::string& source;

        [[noreturn]] void refuse(std::string_view what) const {
            throw error(errc::unsupported, "this pattern is not understood",
                        {.subject = source, .found = std::string(what)});
        }

        char32_t next() {
            const std::size_t n = io::utf8_length(at, end);
            if (n == 0) refuse("its end, or bytes that are not UTF-8");
            const char32_t c = decode(at).code;
            at += n;
            return c;
        }

        character_set read() {
            character_set set;
            const char32_t c = next();
            if (c == '[') {
                bracket(set);
            } else if (c == '.') {
                set.add('\n', '\n', false);
                set.negated_ = true;
            } else if (c == '\\') {
                if (!escaped_class(set)) literal(set, escaped());
            } else if (c == '*' || c == '+' || c == '?' || c == '{') {
                refuse("a repeat of nothing");
            } else {
                literal(set, c);
            }
            return set;
        }

        void literal(character_set& set, char32_t c) {
            if (fold && c >= 128) refuse("(?i: with other than ASCII");
            set.add(c, c, fold);
        }

        // Up to the closing bracket. Ranges are of literal characters.
        void bracket(character_set& set) {
            if (at != end && *at == '^') {
                set.negated_ = true;
                ++at;
            }
            if (at != end && *at == ']') refuse("an empty [");
            for (;;) {
                char32_t first = next();
                if (first == ']') return;
                if (first == '[' || (first == '&' && at != end && *at == '&')) refuse("set operations");
                if (first == '\\') {
                    if (escaped_class(set)) continue;
                    first = escaped();
                }
                char32_t last = first;
                if (end - at > 1 && at[0] == '-' && at[1] != ']') {
                    ++at;
                    last = next();
                    if (last == '\\') last = escaped();
                    if (last == '[' || last < first) refuse("a range");
                }
                if (fold && last >= 128) refuse("(?i: with other than ASCII");
                set.add(first, last, fold);
            }
        }

        // After a backslash: one character.
        char32_t escaped() {
            const char32_t c = next();
            switch (c) {
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'f': return '\f';
                case 'v': return '\v';
                default:
                    if (is(c, property::letter | property::number))
                        refuse(std::string("\\") + static_cast<char>(c & 127));
                    return c;
            }
        }

        // After a backslash: \s \S \d \D \w \W \p{…} \P{…}; false, and nothing read, for anything else.
        bool escaped_class(character_set& set) {
            constexpr std::string_view letters = "sdwSDWpP";
            const std::size_t which = at == end ? letters.npos : letters.find(*at);
            if (which == letters.npos) return false;
            ++at;
            constexpr property::set simple[] = {property::space, property::digit, property::word};
            const bool negative = which == 7 || (which >= 3 && which < 6);
            const property::set p = which >= 6 ? named() : simple[which % 3];
            if (negative) {
                set.none_.push_back(p);
            } else {
                set.any_ |= p;
            }
            return true;
        }

        property::set named() {
            constexpr std::string_view categories[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl",
                                                       "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc",
                                                       "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"};
            const std::string_view rest(at, end);
            const std::size_t close = rest.find('}');
            if (close == rest.npos || rest[0] != '{') refuse("\\p");
            const std::string_view name = rest.substr(1, close - 1);
            property::set found = 0;
            for (int i = 0; i < int(std::size(categories)); ++i)
                if (categories[i] == name || (name.size() == 1 && categories[i].starts_with(name)))
                    found |= property::category(i);
            if (found == 0) refuse("\\p{" + std::string(name) + "}");
            at += close + 1;
            return found;
        }
    };

    property::set any_ = 0;                              // in the set: has one of these …
    std::vector<property::set> none_;                    // … or has none of one of these …
    std::vector<std::pair<char32_t, char32_t>> ranges_;  // … or lies in one of these
    bool negated_ = false;
    std::bitset<128> ascii_;
};

}
