// Byte-pair encoding of one word, as the `tokenizers` library does it: characters, then the best-ranked joins.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/merge_table.hpp"
#include "tessera/text/token_list.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

struct bpe_options {
    std::string unknown{};  // the piece for what has none; empty: such characters are left out
    std::string prefix{};   // of every character but a word's first
    std::string suffix{};   // of a word's last character
    bool fuse_unknown = false;
    bool byte_fallback = false;  // <0xE5> … for characters without a piece
    bool ignore_merges = false;  // a word that is a piece is that piece
    bool bytes = false;          // words are bytes, spelled in the vocabulary as byte_alphabet.hpp says
};

class bpe {
public:
    // Room that is kept from word to word.
    struct scratch {
        struct part {
            token_t id;
            std::uint32_t bytes;
        };
        struct symbol {
            part at;
            std::int32_t previous, next;
        };
        struct candidate {
            std::uint64_t order;  // rank, then place
            token_t joined;
        };
        std::vector<part> parts{};
        std::vector<std::uint64_t> merges{};
        std::vector<symbol> symbols{};
        std::vector<candidate> heap{};
    };

    // merges in the order of their ranks
    bpe(vocabulary pieces, const std::vector<std::pair<std::string, std::string>>& merges, bpe_options options)
        : pieces_(std::move(pieces)), options_(std::move(options)), merges_(merges.size()) {
        read_merges(merges);
        read_characters();
        read_whole_words();
    }

    const vocabulary& pieces() const { return pieces_; }

    // Appends the pieces of a word, which is not empty.
    void encode(std::string_view word, scratch& s, token_list& out) const {
        if (const token_t id = whole(word); id != vocabulary::absent) return out.add(id, 0, word.size());
        split(word, s);
        join(s);
        std::size_t at = 0;
        for (const scratch::part& p : s.parts) {
            out.add(p.id, at, at + p.bytes);
            at += p.bytes;
        }
    }

private:
    static constexpr token_t absent = vocabulary::absent;

    void read_merges(const std::vector<std::pair<std::string, std::string>>& merges) {
        std::string joined;
        for (std::size_t i = 0; i < merges.size(); ++i) {
            const auto& [left, right] = merges[i];
            if (right.size() < options_.prefix.size())
                throw error(errc::format, "a merge lacks the prefix of continuing pieces", {.subject = right});
            (joined = left).append(right, options_.prefix.size());
            merges_.add(known(left), known(right), static_cast<std::uint32_t>(i), known(joined));
        }
    }

    token_t known(const std::string& piece) const {
        const token_t id = pieces_.find(piece);
        if (id == absent)
            throw error(errc::format, "a merge names a token that is not in the vocabulary", {.subject = piece});
        return id;
    }

    // What every byte (or ASCII character) starts as at the four kinds of places in a word.
    void read_characters() {
        for (int b = 0; b < 256; ++b) {
            const auto byte = static_cast<unsigned char>(b);
            bytes_[byte] = pieces_.find(piece_of_byte(byte));
            if (!options_.bytes && b >= 128) continue;
            std::string text;
            append(text, options_.bytes ? byte_to_character[byte] : char32_t{byte});
            for (int place = 0; place < 4; ++place) characters_[std::size_t(place)][byte] = find(text, place);
        }
        if (!options_.unknown.empty()) unknown_ = pieces_.find(options_.unknown);
    }

    // The pieces that whole words may become without looking at merges: those to which the merges lead as well.
    void read_whole_words() {
        if (!options_.ignore_merges && (!options_.prefix.empty() || !options_.suffix.empty())) return;
        scratch s;
        whole_.reserve(std::size_t(pieces_.count()));
        for (token_t id = 0; id < pieces_.size(); ++id) {
            if (!pieces_.contains(id) || pieces_.piece(id).empty()) continue;
            const std::optional<std::string> word =
                options_.bytes ? spelled_bytes(pieces_.piece(id)) : std::string(pieces_.piece(id));
            if (word && (options_.ignore_merges || is_reached(*word, id, s))) whole_.add(id, *word);
        }
    }

    bool is_reached(std::string_view word, token_t id, scratch& s) const {
        if (has_unknown(word)) return false;
        split(word, s);
        join(s);
        return s.parts.size() == 1 && s.parts[0].id == id;
    }

    token_t whole(std::string_view word) const { return whole_.find(word); }

    // place: 1 for a word's first character + 2 for its last
    std::string decorate(std::string_view character, int place) const {
        return (place & 1 ? "" : options_.prefix) + std::string(character) + (place & 2 ? options_.suffix : "");
    }
    token_t find(std::string_view character, int place) const { return pieces_.find(decorate(character, place)); }

    // The piece of the character at `at`, and the bytes of the word that it takes.
    std::pair<token_t, std::size_t> character(std::string_view word, std::size_t at) const {
        const auto byte = static_cast<unsigned char>(word[at]);
        const std::size_t n = options_.bytes || byte < 128 ? 1 : decode(word.data() + at).bytes;
        const int place = (at == 0 ? 1 : 0) + (at + n == word.size() ? 2 : 0);
        if (n == 1) return {characters_[std::size_t(place)][byte], n};
        const std::string_view c = word.substr(at, n);
        return {options_.prefix.empty() && options_.suffix.empty() ? pieces_.find(c) : find(c, place), n};
    }

    bool has_unknown(std::string_view word) const {
        for (std::size_t at = 0; at < word.size();) {
            const auto [id, n] = character(word, at);
            if (id == absent) return true;
            at += n;
        }
        return false;
    }

    // s.parts = the pieces of the word's characters
    void split(std::string_view word, scratch& s) const {
        s.parts.clear();
        std::uint32_t pending = 0;  // bytes of an unknown piece, written when the next known one comes
        const auto write_pending = [&] {
            if (pending != 0) s.parts.push_back({unknown_, pending});
            pending = 0;
        };
        for (std::size_t at = 0; at < word.size();) {
            const auto [id, n] = character(word, at);
            const auto bytes = static_cast<std::uint32_t>(n);
            if (id != absent) {
                write_pending();
                s.parts.push_back({id, bytes});
            } else if (!(options_.byte_fallback && add_bytes(word, at, n, s)) && !options_.unknown.empty()) {
                if (unknown_ == absent)
                    throw error(errc::missing, "the piece for unknown text is not in the vocabulary",
                                {.subject = options_.unknown});
                if (!options_.fuse_unknown) write_pending();
                pending += bytes;
            }
            at += n;
        }
        write_pending();
    }

    // The bytes of a character that has no piece; false when one of them has none either.
    bool add_bytes(std::string_view word, std::size_t at, std::size_t n, scratch& s) const {
        const std::string_view raw = word.substr(at, n);
        const int place = (at == 0 ? 1 : 0) + (at + n == word.size() ? 2 : 0);
        const std::string text = decorate(options_.bytes ? spell_bytes(raw) : std::string(raw), place);
        const auto id_of = [&](char c) { return bytes_[static_cast<unsigned char>(c)]; };
        if (std::any_of(text.begin(), text.end(), [&](char c) { return id_of(c) == absent; })) return false;
        for (const char c : text) s.parts.push_back({id_of(c), 1});
        return true;
    }

    void join(scratch& s) const {
        constexpr std::size_t few = 32;
        if (s.parts.size() > few) return join_many(s);
        join_few(s);
    }

    // The best join of all, the leftmost first, until there is none: O(n²), for short words.
    void join_few(scratch& s) const {
        std::vector<scratch::part>& parts = s.parts;
        if (parts.size() < 2) return;
        const auto joined = [&](std::size_t i) { return merges_.find(parts[i].id, parts[i + 1].id).bits; };
        std::vector<std::uint64_t>& best = s.merges;  // of parts[i] and parts[i + 1]
        best.resize(parts.size() - 1);
        for (std::size_t i = 0; i < best.size(); ++i) best[i] = joined(i);
        for (;;) {
            const auto at = std::min_element(best.begin(), best.end());
            if (at == best.end() || *at == merge::none) return;
            const auto i = static_cast<std::size_t>(at - best.begin());
            parts[i] = {merge{*at}.joined(), parts[i].bytes + parts[i + 1].bytes};
            parts.erase(parts.begin() + index_t(i) + 1);
            best.erase(at);
            if (i < best.size()) best[i] = joined(i);
            if (i > 0) best[i - 1] = joined(i - 1);
        }
    }

    // The same order from a heap of candidates over a linked list: O(n log n).
    void join_many(scratch& s) const {
        const auto n = static_cast<std::int32_t>(s.parts.size());
        const auto worse = [](const scratch::candidate& a, const scratch::candidate& b) { return a.order > b.order; };
        s.symbols.clear();
        s.heap.clear();
        for (std::int32_t i = 0; i < n; ++i)
            s.symbols.push_back({s.parts[std::size_t(i)], i - 1, i + 1 < n ? i + 1 : -1});
        const auto propose = [&](std::int32_t left) {
            const scratch::symbol& a = s.symbols[std::size_t(left)];
            const merge m = merges_.find(a.at.id, s.symbols[std::size_t(a.next)].at.id);
            if (!m.exists()) return;
            s.heap.push_back({std::uint64_t{m.rank()} << 32 | static_cast<std::uint32_t>(left), m.joined()});
            std::push_heap(s.heap.begin(), s.heap.end(), worse);
        };
        for (std::int32_t i = 0; i + 1 < n; ++i) propose(i);
        while (!s.heap.empty()) {
            const auto [order, joined] = s.heap.front();
            std::pop_heap(s.heap.begin(), s.heap.end(), worse);
            s.heap.pop_back();
            const auto at = static_cast<std::int32_t>(order & 0xffffffffu);
            scratch::symbol& left = s.symbols[std::size_t(at)];
            if (left.at.id == absent || left.next < 0) continue;
            scratch::symbol& right = s.symbols[std::size_t(left.next)];
            const merge now = merges_.find(left.at.id, right.at.id);
            if (!now.exists() || now.joined() != joined) continue;  // one of the two has changed since
            left = {{joined, left.at.bytes + right.at.bytes}, left.previous, right.next};
            right.at.id = absent;
            if (left.next >= 0) s.symbols[std::size_t(left.next)].previous = at;
            if (left.previous >= 0) propose(left.previous);
            if (left.next >= 0) propose(at);
        }
        s.parts.clear();
        for (const scratch::symbol& x : s.symbols)
            if (x.at.id != absent) s.parts.push_back(x.at);
    }

    vocabulary pieces_;
    bpe_options options_;
    merge_table merges_;
    vocabulary whole_;  // words that are one piece
    std::array<std::array<token_t, 256>, 4> characters_{};
    std::array<token_t, 256> bytes_{};
    token_t unknown_ = absent;
};

}
