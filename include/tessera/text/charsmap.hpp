// SentencePiece's table of rewriting rules (precompiled_charsmap): a double-array trie and the texts it points into.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/text/piece_of_text.hpp"

namespace tessera::inline TESSERA_ABI::text {

// The bytes that base64 (RFC 4648, with padding) stands for.
inline std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<int, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) values[static_cast<unsigned char>(alphabet[i])] = int(i);
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    bool good = text.size() % 4 == 0;
    std::string bytes;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int value = i + padding >= text.size() ? 0 : values[static_cast<unsigned char>(text[i])];
        good = good && value >= 0;
        bits = bits << 6 | static_cast<std::uint32_t>(value & 63);
        if (i % 4 != 3) continue;
        for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(bits >> shift & 255));
    }
    if (!good) throw error(errc::format, "not base64", {.found = std::string(text.substr(0, 40))});
    bytes.erase(bytes.size() - padding);
    return bytes;
}

class charsmap {
public:
    // The trie's size in bytes (little-endian, as all of it), its units, texts that end with a NUL. Every place that a
    // unit may lead to is checked here, so that looking up need not.
    explicit charsmap(std::string_view bytes) {
        const std::size_t size = bytes.size() < 4 ? 0 : word(bytes, 0);
        if (size < 4 || size % 4 != 0 || size > bytes.size() - 4)
            throw error(errc::format, "a trie of this size does not fit", {.found = std::to_string(size)});
        for (std::size_t at = 4; at < 4 + size; at += 4) units_.push_back(word(bytes, at));
        texts_ = bytes.substr(4 + size);
        if (!is_well_formed(texts_)) throw error(errc::format, "texts that are not UTF-8");
        for (std::size_t at = 0; at < units_.size(); ++at) check(at);
        for (char c = 1; c < 127; ++c) plain_[std::size_t(c)] = c != '\r' && !find({&c, 1});
    }

    // Bytes at the beginning of `text` that are clusters of one ASCII character without a rule.
    std::size_t plain(std::string_view text) const {
        const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 128; };
        std::size_t n = 0;
        while (n < text.size() && is_ascii(text[n]) && plain_[static_cast<unsigned char>(text[n])]) ++n;
        return n == 0 || n == text.size() || is_ascii(text[n]) ? n : n - 1;
    }

    // What the shortest rule with which `key` begins makes of all of it, if there is one (as the `tokenizers` library
    // reads these tables).
    std::optional<std::string_view> find(std::string_view key) const {
        std::size_t at = next(0);
        for (const char c : key) {
            const auto label = static_cast<unsigned char>(c);
            if (label == 0) break;
            at ^= label;
            const std::uint32_t unit = units_[at];
            if ((unit & (is_text | 255)) != label) break;
            at = next(at);
            if ((unit & has_text) == 0) continue;
            const std::string_view text = std::string_view(texts_).substr(units_[at] & ~is_text);
            return text.substr(0, text.find('\0'));
        }
        return std::nullopt;
    }

private:
    static constexpr std::uint32_t has_text = 1u << 8, far = 1u << 9, is_text = 1u << 31;

    static std::uint32_t word(std::string_view bytes, std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
        return value;
    }

    // Where the units behind the one at `at` lie: each at this place xor its label, the text at 0.
    std::size_t next(std::size_t at) const {
        const std::uint32_t unit = units_[at];
        return at ^ (std::size_t{unit >> 10} << ((unit & far) != 0 ? 8 : 0));
    }

    void check(std::size_t at) const {
        if ((units_[at] & is_text) != 0) return;  // no label matches it
        const std::size_t to = next(at);
        if ((to | 255) >= units_.size())
            throw error(errc::format, "a unit of the trie leads out of it", {.subject = std::to_string(at)});
        if ((units_[at] & has_text) == 0) return;
        const std::size_t text = units_[to] & ~is_text;
        if (text > texts_.size() || (text < texts_.size() && (texts_[text] & 0xc0) == 0x80))
            throw error(errc::format, "a rule's text begins outside the texts", {.found = std::to_string(text)});
    }

    std::vector<std::uint32_t> units_;
    std::string texts_;
    std::array<bool, 128> plain_{};
};

// The end of the grapheme cluster that begins at `at` (UAX #29), as far as it matters for clusters of a few bytes:
// emoji sequences, flags and Indic conjuncts are longer.
inline std::size_t end_of_cluster(std::string_view text, std::size_t at) {
    const auto is_control = [](char32_t c) {
        constexpr property::set some = property::separator ^ property::category(22);  // without Zs
        constexpr property::set any = some | property::category(25) | property::category(26);
        const bool unassigned = c == 0x2065 || (c >= 0xfff0 && c <= 0xfff8);
        return unassigned || (is(c, any) && !is(c, property::extending | property::prepending));
    };
    // Hangul: 1 L, 2 V, 3 T, 4 LV, 5 LVT
    const auto hangul = [](char32_t c) {
        if ((c >= 0x1100 && c < 0x1160) || (c >= 0xa960 && c < 0xa97d)) return 1;
        if ((c >= 0x1160 && c < 0x11a8) || (c >= 0xd7b0 && c < 0xd7c7)) return 2;
        if ((c >= 0x11a8 && c < 0x1200) || (c >= 0xd7cb && c < 0xd7fc)) return 3;
        if (c < 0xac00 || c >= 0xd7a4) return 0;
        return (c - 0xac00) % 28 == 0 ? 4 : 5;
    };
    auto [c, n] = decode(text.data() + at);
    at += n;
    if (c == '\r' && at < text.size() && text[at] == '\n') return at + 1;
    while (at < text.size() && !is_control(c)) {
        const auto [d, m] = decode(text.data() + at);
        const int a = hangul(c), b = hangul(d);
        const bool syllable = (a == 1 && b != 0 && b != 3) || ((a == 2 || a == 4) && (b == 2 || b == 3)) ||
                              ((a == 3 || a == 5) && b == 3);
        const bool joins = is(d, property::extending) || (is(c, property::prepending) && !is_control(d));
        if (!syllable && !joins) break;
        c = d;
        at += m;
    }
    return at;
}

// Writes what rules make of text character by character. The last one is held back, since a rule that makes nothing
// adds what it reads to the character before, as in the `tokenizers` library (so that at the start of a text, it does
// not count).
class rule_writer {
public:
    explicit rule_writer(rewriting& out) : out_(out) {}
    ~rule_writer() { flush(); }
    rule_writer(const rule_writer&) = delete;
    rule_writer& operator=(const rule_writer&) = delete;

    void keep(char32_t c) { push(c, 0); }
    void keep_ascii(std::string_view text) {
        flush();
        last_ = none;
        const std::size_t most = behind_ ? 0 : text.size() - 1;
        out_.keep(most);
        for (const char c : text.substr(most)) push(static_cast<unsigned char>(c), 0);
    }

    void replace(std::string_view from, std::string_view to) {
        std::int32_t more = count(from) - count(to);
        std::int32_t added = more < 0 ? count(to) + more : count(to);
        for (std::size_t at = 0; at < to.size();) {
            const auto [c, n] = decode(to.data() + at);
            push(c, added-- > 0 ? 0 : -1);
            at += n;
        }
        if (more <= 0) return;
        behind_ = behind_ || last_ == none;
        more_ += more;
    }

private:
    static constexpr char32_t none = 0xffffffff;

    static std::int32_t count(std::string_view text) {
        const auto is_first = [](char c) { return (c & 0xc0) != 0x80; };
        return static_cast<std::int32_t>(std::count_if(text.begin(), text.end(), is_first));
    }
    void push(char32_t c, std::int32_t more) {
        flush();
        last_ = c;
        more_ = more;
    }
    void flush() {
        if (last_ != none) out_.write(last_, more_);
    }

    rewriting& out_;
    char32_t last_ = none;
    std::int32_t more_ = 0;
    bool behind_ = false;  // what is read lags behind the rules
};

// Rewrites clusters, or where one is long or has no rule, its characters.
inline void apply_rules(const charsmap& rules, rewriting& out) {
    constexpr std::size_t long_cluster = 6;
    const std::string_view text = out.rest().text;
    rule_writer writer(out);
    const auto rewritten = [&](std::string_view part) {
        const auto to = rules.find(part);
        if (to) writer.replace(part, *to);
        return to.has_value();
    };
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t n = rules.plain(text.substr(at)); n > 0) {
            writer.keep_ascii(text.substr(at, n));
            at += n;
            continue;
        }
        const std::size_t end = end_of_cluster(text, at);
        if (end - at < long_cluster && rewritten(text.substr(at, end - at))) {
            at = end;
            continue;
        }
        for (; at < end; at += decode(text.data() + at).bytes) {
            const auto [c, n] = decode(text.data() + at);
            if (!rewritten(text.substr(at, n))) writer.keep(c);
        }
    }
}

}
