// SentencePiece's unigram model: the pieces whose log-probabilities add up to the most (Kudo 2018, arXiv:1804.10959).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/piece_trie.hpp"
#include "tessera/text/token_list.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

class unigram {
public:
    struct scratch {
        struct step {
            double score;
            std::size_t begin;  // of the piece that ends here
            token_t id;
        };
        std::vector<step> best{};    // by the byte where a piece ends
        std::vector<range> parts{};  // of the best way, from the last one on
    };

    // One score per piece. `unknown` may be absent: text without pieces is then refused.
    unigram(vocabulary pieces, std::vector<double> scores, token_t unknown, bool byte_fallback)
        : pieces_(std::move(pieces)), scores_(std::move(scores)), unknown_(unknown), trie_(pieces_) {
        if (unknown != vocabulary::absent && !pieces_.contains(unknown))
            throw error(errc::format, "the number of the unknown piece is out of range",
                        {.found = std::to_string(unknown)});
        for (std::size_t i = 0; i < scores_.size(); ++i)
            if (!std::isfinite(scores_[i]))
                throw error(errc::format, "a score is not a number",
                            {.subject = std::string(pieces_.piece(static_cast<token_t>(i)))});
        if (!scores_.empty()) unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - penalty;
        for (int b = 0; b < 256; ++b)
            bytes_[std::size_t(b)] =
                byte_fallback ? pieces_.find(piece_of_byte(static_cast<unsigned char>(b))) : vocabulary::absent;
    }

    const vocabulary& pieces() const { return pieces_; }

    void encode(std::string_view word, scratch& s, token_list& out) const {
        find_best(word, s);
        trace(word, s);
        for (auto part = s.parts.rbegin(); part != s.parts.rend(); ++part) write(word, *part, out);
    }

private:
    static constexpr double penalty = 10;  // of an unknown character below the worst piece
    static constexpr std::size_t nowhere = ~std::size_t{0};

    void find_best(std::string_view word, scratch& s) const {
        s.best.assign(word.size() + 1, {0, nowhere, vocabulary::absent});
        for (std::size_t at = 0; at < word.size();) {
            const std::size_t character = decode(word.data() + at).bytes;
            const double until = s.best[at].score;
            bool known = false;
            const auto offer = [&](std::size_t bytes, double score, token_t id) {
                scratch::step& end = s.best[at + bytes];
                if (end.begin == nowhere || until + score > end.score) end = {until + score, at, id};
            };
            trie_.for_each_prefix(word.substr(at), piece_trie::root, [&](std::size_t bytes, token_t id) {
                offer(bytes, scores_[std::size_t(id)], id);
                known = known || bytes == character;
            });
            if (!known) offer(character, unknown_score_, unknown_);
            at += character;
        }
    }

    // Neighbours that are unknown are one part.
    void trace(std::string_view word, scratch& s) const {
        s.parts.clear();
        bool fusing = false;
        for (std::size_t end = word.size(); end > 0; end = s.best[end].begin) {
            const bool unknown = s.best[end].id == unknown_;
            if (unknown && fusing) {
                s.parts.back().begin = index_t(s.best[end].begin);
            } else {
                s.parts.push_back({index_t(s.best[end].begin), index_t(end)});
            }
            fusing = unknown;
        }
    }

    void write(std::string_view word, range part, token_list& out) const {
        const auto begin = std::size_t(part.begin), end = std::size_t(part.end);
        const std::string_view text = word.substr(begin, end - begin);
        if (const token_t id = pieces_.find(text); id != vocabulary::absent) return out.add(id, begin, end);
        const auto byte = [&](char c) { return bytes_[static_cast<unsigned char>(c)]; };
        if (std::none_of(text.begin(), text.end(), [&](char c) { return byte(c) == vocabulary::absent; })) {
            for (const char c : text) out.add(byte(c), begin, end);
            return;
        }
        if (unknown_ == vocabulary::absent)
            throw error(errc::missing, "there is no piece for unknown text", {.subject = std::string(text)});
        out.add(unknown_, begin, end);
    }

    vocabulary pieces_;
    std::vector<double> scores_;
    token_t unknown_;
    piece_trie trie_;
    double unknown_score_ = -penalty;
    std::array<token_t, 256> bytes_{};
};

}
