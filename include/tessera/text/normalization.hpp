// Unicode normalisation: NFC, NFD, NFKC and NFKD (UAX #15).
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/normalization_table.hpp"
#include "tessera/text/piece_of_text.hpp"
#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::text {

enum class normal_form { nfc, nfd, nfkc, nfkd };

// The unpacked tables of one form; made once, then only read.
class normalization {
public:
    explicit normalization(normal_form form) : form_(form) {
        read_mappings();
        read_combining();
        mark_unstable();
    }

    normal_form form() const { return form_; }

    std::string operator()(std::string_view text) const {
        rewriting out({text});
        (*this)(out);
        return std::string(out.result().text);
    }

    // Rewrites what is still to be read.
    void operator()(rewriting& out) const {
        const std::string_view text = out.rest().text;
        if (unchanged(text)) return out.keep(text.size());
        std::vector<mark> all;  // decomposed
        all.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const auto [c, n] = decode(text.data() + at);
            at += n;
            decompose(c, all);
        }
        order(all);
        if (form_ == normal_form::nfc || form_ == normal_form::nfkc) compose(all);
        for (const mark& m : all) out.write(m.code, m.read_more);
    }

private:
    struct mark {
        char32_t code;
        std::uint8_t order;          // the combining class
        std::int32_t read_more = 0;  // characters that became it beside a first one; -1: it was added
    };
    struct mapping {
        char32_t from;
        std::uint32_t begin, size;
        bool recomposed;
    };
    using pair = std::pair<std::uint64_t, char32_t>;  // first << 32 | second, composed

    // Hangul syllables decompose by arithmetic (Unicode, section 3.12).
    static constexpr char32_t hangul = 0xac00, lead = 0x1100, vowel = 0x1161, trail = 0x11a7;
    static constexpr char32_t vowels = 21, trails = 28, syllables = 11172;
    static constexpr char32_t checked = 0x30000;  // nothing from here on changes in any form

    static constexpr std::uint64_t key(char32_t a, char32_t b) { return std::uint64_t{a} << 32 | b; }

    class reader {
    public:
        explicit reader(std::string_view text) : text_(text) {}
        bool done() const { return at_ == text_.size(); }
        std::uint32_t next() {
            std::uint32_t value = 0, scale = 1;
            for (;;) {
                const unsigned d = table_digit(text_[at_++]);
                value += (d < 44 ? d : d - 44) * scale;
                if (d < 44) return value;
                scale *= 44;
            }
        }
        std::int32_t next_signed() {
            const std::uint32_t v = next();
            return v % 2 == 0 ? static_cast<std::int32_t>(v / 2) : -static_cast<std::int32_t>(v / 2) - 1;
        }

    private:
        std::string_view text_;
        std::size_t at_ = 0;
    };

    bool compatible() const { return form_ == normal_form::nfkc || form_ == normal_form::nfkd; }

    void read_mappings() {
        reader in(normalization_table::mappings);
        std::vector<mapping> recomposed;
        char32_t from = 0, first = 0;
        while (!in.done()) {
            from += in.next();
            const std::uint32_t word = in.next(), kind = word % 3, size = word / 3 + 1;
            const auto begin = static_cast<std::uint32_t>(pool_.size());
            char32_t c = first;
            for (std::uint32_t i = 0; i < size; ++i) {
                c = static_cast<char32_t>(std::int64_t{c} + in.next_signed());
                pool_.push_back(c);
            }
            first = pool_[begin];
            if (kind == 1) recomposed.push_back({from, begin, size, true});
            if (kind == 2 && !compatible()) continue;
            if (!mappings_.empty() && mappings_.back().from == from) mappings_.pop_back();
            mappings_.push_back({from, begin, size, kind == 1});
        }
        read_pairs(std::move(recomposed));
    }

    // Its last character joins what the ones before compose to: shorter sequences first.
    void read_pairs(std::vector<mapping> recomposed) {
        std::stable_sort(recomposed.begin(), recomposed.end(),
                         [](const mapping& a, const mapping& b) { return a.size < b.size; });
        std::vector<pair> known;
        for (std::uint32_t size = 2; !recomposed.empty() && size <= recomposed.back().size; ++size) {
            known = pairs_;
            for (const mapping& m : recomposed) {
                if (m.size != size) continue;
                char32_t c = pool_[m.begin];
                for (std::uint32_t k = 1; k + 1 < size; ++k) c = composed(known, c, pool_[m.begin + k]);
                pairs_.emplace_back(key(c, pool_[m.begin + size - 1]), m.from);
            }
            std::sort(pairs_.begin(), pairs_.end());
        }
    }

    void read_combining() {
        reader in(normalization_table::combining);
        char32_t at = 0;
        while (!in.done()) {
            at += in.next();
            const std::uint32_t n = in.next();
            const auto order = static_cast<std::uint8_t>(in.next());
            for (std::uint32_t i = 0; i < n; ++i) combining_.push_back({at++, order});
        }
    }

    // What may change: whatever decomposes for good, and whatever may join or move past the character before it.
    void mark_unstable() {
        const bool composing = form_ == normal_form::nfc || form_ == normal_form::nfkc;
        for (const mapping& m : mappings_)
            if (!composing || !m.recomposed) unstable_.set(m.from);
        if (composing) {
            for (const auto& [both, c] : pairs_) unstable_.set(static_cast<std::uint32_t>(both));
            for (char32_t c = vowel; c < trail + trails; ++c) unstable_.set(c);
        } else {
            for (char32_t c = hangul; c < hangul + syllables; ++c) unstable_.set(c);
        }
        for (const mark& m : combining_) unstable_.set(m.code);
    }

    bool unchanged(std::string_view text) const {
        for (std::size_t at = 0; at < text.size();) {
            const auto [c, n] = decode(text.data() + at);
            if (c >= 0x80 && c < checked && unstable_[c]) return false;
            at += n;
        }
        return true;
    }

    std::uint8_t combining_class(char32_t c) const {
        const auto at = std::lower_bound(combining_.begin(), combining_.end(), c,
                                         [](const mark& m, char32_t x) { return m.code < x; });
        return at != combining_.end() && at->code == c ? at->order : std::uint8_t{0};
    }

    void decompose(char32_t c, std::vector<mark>& out) const {
        if (c >= hangul && c < hangul + syllables) {
            const char32_t s = c - hangul, t = s % trails;
            out.push_back({lead + s / (vowels * trails), 0});
            out.push_back({vowel + s / trails % vowels, 0, -1});
            if (t != 0) out.push_back({trail + t, 0, -1});
            return;
        }
        const auto at = std::lower_bound(mappings_.begin(), mappings_.end(), c,
                                         [](const mapping& m, char32_t x) { return m.from < x; });
        if (at == mappings_.end() || at->from != c) return out.push_back({c, combining_class(c)});
        for (std::uint32_t i = 0; i < at->size; ++i)
            out.push_back({pool_[at->begin + i], combining_class(pool_[at->begin + i]), i == 0 ? 0 : -1});
    }

    // Marks between two starters in the order of their classes, stable.
    static void order(std::vector<mark>& all) {
        for (auto begin = all.begin(); begin != all.end();) {
            if (begin->order == 0) {
                ++begin;
                continue;
            }
            const auto end = std::find_if(begin, all.end(), [](const mark& m) { return m.order == 0; });
            std::stable_sort(begin, end, [](const mark& a, const mark& b) { return a.order < b.order; });
            begin = end;
        }
    }

    // The composed character, or 0.
    static char32_t composed(const std::vector<pair>& pairs, char32_t a, char32_t b) {
        if (a >= lead && a < lead + 19 && b >= vowel && b < vowel + vowels)
            return hangul + ((a - lead) * vowels + (b - vowel)) * trails;
        if (a >= hangul && a < hangul + syllables && (a - hangul) % trails == 0 && b > trail && b < trail + trails)
            return a + (b - trail);
        const auto at = std::lower_bound(pairs.begin(), pairs.end(), pair{key(a, b), 0});
        return at != pairs.end() && at->first == key(a, b) ? at->second : char32_t{0};
    }

    // Each character joins the last starter unless one of the same or a higher class (or a starter) stands between.
    void compose(std::vector<mark>& all) const {
        std::size_t kept = 0, starter = 0;
        bool has_starter = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const mark m = all[i];
            if (has_starter) {
                const bool between = kept != starter + 1;
                const bool blocked = between && (all[kept - 1].order == 0 || all[kept - 1].order >= m.order);
                const char32_t c = blocked ? char32_t{0} : composed(pairs_, all[starter].code, m.code);
                if (c != 0) {
                    all[starter].code = c;
                    all[starter].read_more += m.read_more + 1;
                    continue;
                }
            }
            if (m.order == 0) {
                starter = kept;
                has_starter = true;
            }
            all[kept++] = m;
        }
        all.resize(kept);
    }

    normal_form form_;
    std::vector<char32_t> pool_;
    std::vector<mapping> mappings_;  // sorted by code point
    std::vector<pair> pairs_;        // sorted
    std::vector<mark> combining_;    // sorted; only classes above 0
    std::bitset<checked> unstable_;
};

}
