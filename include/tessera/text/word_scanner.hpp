// The split rules of GPT-2, Llama 3 and Qwen 2, by hand: where the next word ends. pattern.hpp is their slower twin.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::text {

enum class word_rule { gpt2, llama3, qwen2, qwen3_5 };

// The expressions that the rules stand for, spelled as in tokenizer.json.
constexpr std::string_view source_of(word_rule rule) {
    constexpr std::string_view sources[] = {
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    };
    return sources[std::size_t(rule)];
}

constexpr std::optional<word_rule> word_rule_of(std::string_view source) {
    for (const word_rule rule : {word_rule::gpt2, word_rule::llama3, word_rule::qwen2, word_rule::qwen3_5})
        if (source_of(rule) == source) return rule;
    return std::nullopt;
}

// Every character belongs to exactly one word.
template <word_rule Rule>
class word_scanner {
public:
    explicit word_scanner(std::string_view text) : text_(text) {}

    // The end of the word that begins at `at` < text.size().
    std::size_t end_of_word(std::size_t at) const {
        const auto [c, n] = decode(text_.data() + at);
        if (c == '\'')
            if (const std::size_t end = contraction(at + 1)) return end;
        const property::set p = properties(c);
        if constexpr (Rule == word_rule::gpt2) {
            if (c != ' ') return (p & property::space) != 0 ? spaces(at) : run_of(p, at);
            if (at + 1 == text_.size()) return at + 1;
            const property::set second = properties(decode(text_.data() + at + 1).code);
            return (second & property::space) != 0 ? spaces(at) : run_of(second, at + 1);
        } else {
            if ((p & letters) != 0) return skip(at, letters);
            if ((p & property::number) != 0) return digits(at);
            if (c != '\r' && c != '\n' && at + n < text_.size() && is(decode(text_.data() + at + n).code, letters))
                return skip(at + n, letters);
            const std::size_t body = c == ' ' ? at + 1 : at;
            const std::size_t end = skip_outside(body, property::space | letters | property::number);
            return end > body ? newlines(end) : spaces(at);
        }
    }

private:
    static constexpr property::set letters =
        Rule == word_rule::qwen3_5 ? property::letter | property::mark : property::letter;

    std::size_t skip(std::size_t at, property::set any) const {
        while (at < text_.size()) {
            const auto [c, n] = decode(text_.data() + at);
            if (!is(c, any)) break;
            at += n;
        }
        return at;
    }
    std::size_t skip_outside(std::size_t at, property::set any) const {
        while (at < text_.size()) {
            const auto [c, n] = decode(text_.data() + at);
            if (is(c, any)) break;
            at += n;
        }
        return at;
    }

    // Letters, numbers, or neither and no space, whichever `first` is.
    std::size_t run_of(property::set first, std::size_t at) const {
        if ((first & property::letter) != 0) return skip(at, property::letter);
        if ((first & property::number) != 0) return skip(at, property::number);
        return skip_outside(at, property::space | property::letter | property::number);
    }

    // \p{N} or \p{N}{1,3}
    std::size_t digits(std::size_t at) const {
        for (int i = 0; i < (Rule == word_rule::llama3 ? 3 : 1) && at < text_.size(); ++i) {
            const auto [c, n] = decode(text_.data() + at);
            if (!is(c, property::number)) break;
            at += n;
        }
        return at;
    }

    std::size_t newlines(std::size_t at) const {
        while (at < text_.size() && (text_[at] == '\r' || text_[at] == '\n')) ++at;
        return at;
    }

    // \s*[\r\n]+ (not in GPT-2), else \s+(?!\S), else \s+
    std::size_t spaces(std::size_t at) const {
        const std::size_t end = skip(at, property::space);
        if constexpr (Rule != word_rule::gpt2)
            for (std::size_t i = end; i > at; --i)
                if (text_[i - 1] == '\r' || text_[i - 1] == '\n') return i;
        if (end == text_.size()) return end;
        const std::size_t last = end - decode_last(text_.substr(at, end - at)).bytes;
        return last > at ? last : end;
    }

    // The letter at `at`, folded (U+017F is an s) where the rule ignores case; 0 at the end.
    char fold(std::size_t at) const {
        if (at >= text_.size()) return 0;
        const char c = text_[at];
        if (Rule == word_rule::gpt2) return c;
        if (text_.substr(at).starts_with("\xc5\xbf")) return 's';
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }

    // After an apostrophe: the end of s, t, m, d, re, ve or ll, or 0.
    std::size_t contraction(std::size_t at) const {
        const char a = fold(at);
        if (a == 's') return at + (text_[at] == '\xc5' ? 2 : 1);
        if (a == 't' || a == 'm' || a == 'd') return at + 1;
        if (a != 'r' && a != 'v' && a != 'l') return 0;
        return fold(at + 1) == (a == 'l' ? 'l' : 'e') ? at + 2 : 0;
    }

    std::string_view text_;
};

}
