// Finds all pieces of a vocabulary with which a text begins.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Nodes lie level by level, so that the children of a node follow one another: one label each, in order.
class piece_trie {
public:
    using node = std::uint32_t;
    static constexpr node root = 0, none = ~node{0};

    explicit piece_trie(const vocabulary& pieces) {
        std::vector<token_t> sorted;
        for (token_t id = 0; id < pieces.size(); ++id)
            if (!pieces.piece(id).empty()) sorted.push_back(id);
        std::sort(sorted.begin(), sorted.end(),
                  [&](token_t a, token_t b) { return pieces.piece(a) < pieces.piece(b); });
        grow(pieces, sorted);
        first_.fill(none);
        for (std::uint32_t i = nodes_[0].children; i < nodes_[1].children; ++i) first_[labels_[i]] = i;
    }

    // The piece that ends at a node, or absent.
    token_t piece(node n) const { return nodes_[n].piece; }

    node child(node n, char c) const {
        const auto label = static_cast<unsigned char>(c);
        if (n == root) return first_[label];
        const std::uint32_t begin = nodes_[n].children, end = nodes_[n + 1].children;
        if (end - begin <= few) {
            for (std::uint32_t i = begin; i < end; ++i)
                if (labels_[i] == label) return i;
            return none;
        }
        const auto at = std::lower_bound(labels_.begin() + begin, labels_.begin() + end, label);
        return at != labels_.begin() + end && *at == label ? static_cast<node>(at - labels_.begin()) : none;
    }

    // The node that `text` leads to, or none.
    node walk(std::string_view text) const {
        node n = root;
        for (std::size_t i = 0; i < text.size() && n != none; ++i) n = child(n, text[i]);
        return n;
    }

    // Calls found(bytes, piece) for every piece with which `text` begins behind what led to `from`, shortest first.
    template <class F>
    void for_each_prefix(std::string_view text, node from, F found) const {
        for (std::size_t i = 0; i < text.size(); ++i) {
            from = child(from, text[i]);
            if (from == none) return;
            if (const token_t id = piece(from); id != vocabulary::absent) found(i + 1, id);
        }
    }

private:
    static constexpr std::uint32_t few = 8;
    struct entry {
        std::uint32_t children;  // number of the first one; up to that of the next node
        token_t piece;
    };
    struct span {
        std::size_t begin, end;  // of the sorted pieces
    };

    void grow(const vocabulary& pieces, const std::vector<token_t>& sorted) {
        std::vector<span> level{{0, sorted.size()}}, next;
        labels_.push_back(0);  // of the root
        for (std::size_t depth = 0; !level.empty(); ++depth, level.swap(next)) {
            next.clear();
            for (span s : level) {
                const bool whole = s.begin < s.end && pieces.piece(sorted[s.begin]).size() == depth;
                nodes_.push_back(
                    {static_cast<std::uint32_t>(labels_.size()), whole ? sorted[s.begin++] : vocabulary::absent});
                while (s.begin < s.end) {
                    const char label = pieces.piece(sorted[s.begin])[depth];
                    const std::size_t begin = s.begin;
                    while (s.begin < s.end && pieces.piece(sorted[s.begin])[depth] == label) ++s.begin;
                    labels_.push_back(static_cast<unsigned char>(label));
                    next.push_back({begin, s.begin});
                }
            }
        }
        nodes_.push_back({static_cast<std::uint32_t>(labels_.size()), vocabulary::absent});
    }

    std::vector<entry> nodes_;           // one more than there are
    std::vector<unsigned char> labels_;  // of the way into each node
    std::array<node, 256> first_{};      // children of the root
};

}
