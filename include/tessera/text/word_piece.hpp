// BERT's word pieces: from the start of a word, the longest piece each time (Schuster & Nakajima 2012).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/piece_trie.hpp"
#include "tessera/text/token_list.hpp"
#include "tessera/text/unicode.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

class word_piece {
public:
    struct scratch {
        struct part {
            token_t id;
            std::size_t begin, end;
        };
        std::vector<part> parts{};
    };

    // prefix: of every piece but a word's first. Words of more than `longest` characters are unknown.
    word_piece(vocabulary pieces, std::string unknown, std::string_view prefix, std::size_t longest)
        : pieces_(std::move(pieces)),
          unknown_(std::move(unknown)),
          longest_(longest),
          trie_(pieces_),
          inside_(trie_.walk(prefix)) {}

    const vocabulary& pieces() const { return pieces_; }

    void encode(std::string_view word, scratch& s, token_list& out) const {
        s.parts.clear();
        if (is_too_long(word) || !split(word, s)) return write_unknown(word, out);
        for (const scratch::part& p : s.parts) out.add(p.id, p.begin, p.end);
    }

private:
    bool is_too_long(std::string_view word) const {
        if (word.size() <= longest_) return false;
        const auto is_first = [](char c) { return (c & 0xc0) != 0x80; };
        return std::size_t(std::count_if(word.begin(), word.end(), is_first)) > longest_;
    }

    // False when some part of the word has no piece.
    bool split(std::string_view word, scratch& s) const {
        for (std::size_t at = 0; at < word.size(); at = s.parts.back().end) {
            const piece_trie::node from = at == 0 ? piece_trie::root : inside_;
            if (from == piece_trie::none) return false;
            scratch::part longest{vocabulary::absent, at, at};
            trie_.for_each_prefix(word.substr(at), from, [&](std::size_t bytes, token_t id) {
                longest = {id, at, at + bytes};
            });
            if (longest.id == vocabulary::absent) return false;
            s.parts.push_back(longest);
        }
        return true;
    }

    void write_unknown(std::string_view word, token_list& out) const {
        const token_t id = pieces_.find(unknown_);
        if (id == vocabulary::absent)
            throw error(errc::missing, "the piece for unknown text is not in the vocabulary", {.subject = unknown_});
        out.add(id, 0, word.size());
    }

    vocabulary pieces_;
    std::string unknown_;
    std::size_t longest_;
    piece_trie trie_;
    piece_trie::node inside_;  // where the prefix leads
};

}
