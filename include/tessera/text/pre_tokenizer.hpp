// Cuts normalised text into the words that a model splits further: the pre-tokenizers of tokenizer.json.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/core/function_ref.hpp"
#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/pattern.hpp"
#include "tessera/text/piece_of_text.hpp"
#include "tessera/text/word_scanner.hpp"

namespace tessera::inline TESSERA_ABI::text {

// What becomes of the matches of a splitting pattern.
enum class split_behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

namespace pre_tokenizers {

struct split {
    std::optional<word_rule> rule{};              // a rule known by heart …
    std::shared_ptr<const pattern> expression{};  // … or any expression …
    std::string literal{};                        // … or a string
    split_behavior behavior = split_behavior::isolated;
    bool invert = false;
};
// Words become bytes; `spell`: each written as the character that byte_alphabet.hpp gives it.
struct byte_level {
    bool add_prefix_space = true;
    bool use_regex = true;
    bool spell = false;
};
enum class prepend { always, first, never };
// Spaces become `replacement`, and a word begins at each.
struct metaspace {
    std::string replacement = "\xe2\x96\x81";  // U+2581
    prepend scheme = prepend::always;
    bool split = true;
};
struct digits {
    bool individual = false;
};
struct whitespace {};        // \w+|[^\w\s]+
struct whitespace_split {};  // at white space, which goes
struct punctuation {
    split_behavior behavior = split_behavior::isolated;
};
struct bert {};  // at white space, which goes, and around every punctuation mark
using step = std::variant<split, byte_level, metaspace, digits, whitespace, whitespace_split, punctuation, bert>;

inline bool end_in_bytes(const std::vector<step>& steps) {
    return !steps.empty() && std::holds_alternative<byte_level>(steps.back());
}

}

class pre_tokenizer {
public:
    pre_tokenizer() = default;
    // model_reads_bytes: words that end as bytes reach the model as they are, not spelled.
    explicit pre_tokenizer(std::vector<pre_tokenizers::step> steps, bool model_reads_bytes) : steps_(std::move(steps)) {
        for (std::size_t i = 0; i < steps_.size(); ++i)
            if (auto* b = std::get_if<pre_tokenizers::byte_level>(&steps_[i]))
                b->spell = !model_reads_bytes || i + 1 < steps_.size();
    }

    using sink = function_ref<void(piece_of_text)>;

    // Calls word(piece) for each word in order. `text` is well-formed.
    void operator()(piece_of_text text, sink word) const {
        if (!text.text.empty()) run(0, text, word);
    }

private:
    struct segment {
        range at;
        bool match;
    };

    void run(std::size_t i, piece_of_text p, sink word) const {
        if (i == steps_.size()) return word(p);
        if (i + 1 == steps_.size()) return std::visit([&](const auto& s) { apply(s, p, word); }, steps_[i]);
        const auto next = [&](piece_of_text q) { run(i + 1, q, word); };
        std::visit([&](const auto& s) { apply(s, p, next); }, steps_[i]);
    }

    template <word_rule Rule>
    static void scan(piece_of_text p, sink next) {
        const word_scanner<Rule> words(p.text);
        for (std::size_t at = 0; at < p.text.size();) {
            const std::size_t end = words.end_of_word(at);
            next(p.part(at, end));
            at = end;
        }
    }

    static void scan(word_rule rule, piece_of_text p, sink next) {
        switch (rule) {
            case word_rule::gpt2: return scan<word_rule::gpt2>(p, next);
            case word_rule::llama3: return scan<word_rule::llama3>(p, next);
            case word_rule::qwen2: return scan<word_rule::qwen2>(p, next);
            case word_rule::qwen3_5: return scan<word_rule::qwen3_5>(p, next);
        }
    }

    // for_each_match(f) calls f(range) for each match in order.
    template <class Matches>
    static void cut(piece_of_text p, split_behavior behavior, bool invert, Matches for_each_match, sink next) {
        std::vector<segment> all;
        std::size_t done = 0;
        for_each_match([&](range m) {
            if (done != std::size_t(m.begin)) all.push_back({{index_t(done), m.begin}, invert});
            all.push_back({m, !invert});
            done = std::size_t(m.end);
        });
        if (done != p.text.size()) all.push_back({{index_t(done), index_t(p.text.size())}, invert});
        merge(all, behavior);
        for (const segment& s : all)
            if (!s.at.empty() && !(behavior == split_behavior::removed && s.match))
                next(p.part(std::size_t(s.at.begin), std::size_t(s.at.end)));
    }

    static void merge(std::vector<segment>& all, split_behavior behavior) {
        if (behavior == split_behavior::removed || behavior == split_behavior::isolated) return;
        const bool backwards = behavior == split_behavior::merged_with_next;
        if (backwards) std::reverse(all.begin(), all.end());
        std::size_t kept = 0;
        bool previous = false;  // whether the one before was a match
        for (const segment s : all) {
            const bool joins = behavior == split_behavior::contiguous ? s.match == previous : s.match && !previous;
            previous = s.match;
            if (joins && kept > 0) {
                range& r = all[kept - 1].at;
                r = backwards ? range{s.at.begin, r.end} : range{r.begin, s.at.end};
            } else {
                all[kept++] = s;
            }
        }
        all.resize(kept);
        if (backwards) std::reverse(all.begin(), all.end());
    }

    // Every character with one of the properties is a match.
    static auto characters(std::string_view text, property::set any) {
        return [=](auto found) {
            for (std::size_t at = 0; at < text.size();) {
                const auto [c, n] = decode(text.data() + at);
                if (is(c, any)) found(range{index_t(at), index_t(at + n)});
                at += n;
            }
        };
    }

    static void apply(const pre_tokenizers::split& s, piece_of_text p, sink next) {
        if (s.rule && s.behavior == split_behavior::isolated) return scan(*s.rule, p, next);
        if (s.rule && s.behavior == split_behavior::removed && s.invert) return scan(*s.rule, p, next);
        if (s.expression != nullptr)
            return cut(
                p, s.behavior, s.invert, [&](auto found) { s.expression->for_each_match(p.text, found); }, next);
        cut(
            p, s.behavior, s.invert,
            [&](auto found) {
                for (std::size_t at = 0; !s.literal.empty() && (at = p.text.find(s.literal, at)) != p.text.npos;) {
                    found(range{index_t(at), index_t(at + s.literal.size())});
                    at += s.literal.size();
                }
            },
            next);
    }

    static void apply(const pre_tokenizers::byte_level& b, piece_of_text p, sink next) {
        rewriting prefixed;
        if (b.add_prefix_space && p.text[0] != ' ') {
            prefixed = rewriting(p);
            prefixed.write_before(" ");
            prefixed.keep(p.text.size());
            p = prefixed.result();
        }
        const auto give = [&](piece_of_text q) {
            if (!b.spell) return next(q);
            rewriting spelled(q);
            while (!spelled.done()) spelled.become(1, spell_bytes(spelled.rest().text.substr(0, 1)));
            next(spelled.result());
        };
        b.use_regex ? scan<word_rule::gpt2>(p, give) : give(p);
    }

    static void apply(const pre_tokenizers::metaspace& m, piece_of_text p, sink next) {
        using pre_tokenizers::prepend;
        rewriting marked(p);
        const bool wanted = m.scheme == prepend::always || (m.scheme == prepend::first && p.start > 0);
        if (wanted && p.text[0] != ' ' && !p.text.starts_with(m.replacement)) marked.write_before(m.replacement);
        while (!marked.done()) {
            const std::string_view rest = marked.rest().text;
            marked.keep(std::min(rest.find(' '), rest.size()));
            if (!marked.done()) marked.become(1, m.replacement);
        }
        const piece_of_text whole = marked.result();
        if (!m.split) return next(whole);
        for (std::size_t at = 0; at < whole.text.size();) {
            const std::size_t end = std::min(whole.text.find(m.replacement, at + 1), whole.text.size());
            next(whole.part(at, end));
            at = end;
        }
    }

    static void apply(const pre_tokenizers::digits& d, piece_of_text p, sink next) {
        cut(p, d.individual ? split_behavior::isolated : split_behavior::contiguous, false,
            characters(p.text, property::numeric), next);
    }

    static void apply(const pre_tokenizers::whitespace&, piece_of_text p, sink next) {
        for (std::size_t at = 0, begin = 0; at < p.text.size(); begin = at) {
            const auto kind = [&](std::size_t i) {
                return properties(decode(p.text.data() + i).code) & (property::word | property::space);
            };
            const property::set first = kind(at);
            do at += decode(p.text.data() + at).bytes;
            while (at < p.text.size() && kind(at) == first);
            if (first != property::space) next(p.part(begin, at));
        }
    }

    static void apply(const pre_tokenizers::whitespace_split&, piece_of_text p, sink next) {
        cut(p, split_behavior::removed, false, characters(p.text, property::space), next);
    }

    static void apply(const pre_tokenizers::punctuation& s, piece_of_text p, sink next) {
        cut(p, s.behavior, false, characters(p.text, property::splitting), next);
    }

    static void apply(const pre_tokenizers::bert&, piece_of_text p, sink next) {
        std::size_t begin = 0;
        for (std::size_t at = 0; at < p.text.size();) {
            const auto [c, n] = decode(p.text.data() + at);
            const property::set kind = properties(c) & (property::space | property::splitting);
            if (kind != 0 && begin < at) next(p.part(begin, at));
            if ((kind & ~property::space) != 0) next(p.part(at, at + n));
            at += n;
            if (kind != 0) begin = at;
        }
        if (begin < p.text.size()) next(p.part(begin, p.text.size()));
    }

    std::vector<pre_tokenizers::step> steps_;
};

}
