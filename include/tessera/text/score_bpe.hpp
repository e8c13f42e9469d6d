// SentencePiece's byte-pair encoding: neighbours join into the piece with the highest score (as in GGUF vocabularies).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/token_list.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

class score_bpe {
public:
    struct scratch {
        struct symbol {
            std::uint32_t begin, size;  // bytes of the word; size 0: joined to the one before
            std::int32_t previous, next;
        };
        struct candidate {
            float score;
            std::int32_t left;
            std::uint32_t size;
        };
        std::vector<symbol> symbols{};
        std::vector<candidate> heap{};
    };

    // One score per piece. `unknown` (or absent) stands for what has neither piece nor byte pieces.
    score_bpe(vocabulary pieces, std::vector<float> scores, token_t unknown)
        : pieces_(std::move(pieces)), scores_(std::move(scores)), unknown_(unknown) {
        if (index_t(scores_.size()) < pieces_.size())
            throw error(errc::format, "fewer scores than tokens",
                        {.expected = std::to_string(pieces_.size()), .found = std::to_string(scores_.size())});
        for (int b = 0; b < 256; ++b)
            bytes_[std::size_t(b)] = pieces_.find(piece_of_byte(static_cast<unsigned char>(b)));
    }

    const vocabulary& pieces() const { return pieces_; }

    void encode(std::string_view word, scratch& s, token_list& out) const {
        split(word, s);
        for (std::int32_t i = 0; i + 1 < std::int32_t(s.symbols.size()); ++i) propose(word, i, s);
        while (!s.heap.empty()) {
            const scratch::candidate best = s.heap.front();
            std::pop_heap(s.heap.begin(), s.heap.end(), worse);
            s.heap.pop_back();
            join(word, best, s);
        }
        for (const scratch::symbol& x : s.symbols)
            if (x.size != 0) write(word, x.begin, x.size, out);
    }

private:
    static bool worse(const scratch::candidate& a, const scratch::candidate& b) {
        return a.score < b.score || (a.score == b.score && a.left > b.left);
    }

    static void split(std::string_view word, scratch& s) {
        s.symbols.clear();
        s.heap.clear();
        for (std::size_t at = 0; at < word.size();) {
            const std::size_t n = decode(word.data() + at).bytes;
            const auto i = static_cast<std::int32_t>(s.symbols.size());
            s.symbols.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n), i - 1,
                                 at + n < word.size() ? i + 1 : -1});
            at += n;
        }
    }

    void propose(std::string_view word, std::int32_t left, scratch& s) const {
        const scratch::symbol& a = s.symbols[std::size_t(left)];
        const std::uint32_t size = a.size + s.symbols[std::size_t(a.next)].size;
        const token_t id = pieces_.find(word.substr(a.begin, size));
        if (id == vocabulary::absent) return;
        s.heap.push_back({scores_[std::size_t(id)], left, size});
        std::push_heap(s.heap.begin(), s.heap.end(), worse);
    }

    void join(std::string_view word, const scratch::candidate& best, scratch& s) const {
        scratch::symbol& left = s.symbols[std::size_t(best.left)];
        if (left.size == 0 || left.next < 0) return;
        scratch::symbol& right = s.symbols[std::size_t(left.next)];
        if (left.size + right.size != best.size) return;  // one of the two has changed since
        left.size = best.size;
        right.size = 0;
        left.next = right.next;
        if (left.next >= 0) s.symbols[std::size_t(left.next)].previous = best.left;
        if (left.previous >= 0) propose(word, left.previous, s);
        if (left.next >= 0) propose(word, best.left, s);
    }

    void write(std::string_view word, std::size_t begin, std::size_t size, token_list& out) const {
        const std::string_view text = word.substr(begin, size);
        const token_t id = pieces_.find(text);
        if (id != vocabulary::absent) return out.add(id, begin, begin + size);
        for (const char c : text) {
            const token_t byte = bytes_[static_cast<unsigned char>(c)];
            if (byte != vocabulary::absent) {
                out.add(byte, begin, begin + size);
            } else if (unknown_ != vocabulary::absent) {
                return out.add(unknown_, begin, begin + size);
            }
        }
    }

    vocabulary pieces_;
    std::vector<float> scores_;
    token_t unknown_;
    std::array<token_t, 256> bytes_{};
};

}
