// Tokens that are cut out of the text before it is split into words, such as <|im_start|>.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/function_ref.hpp"
#include "tessera/text/piece_of_text.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

struct added_token {
    token_t id = vocabulary::absent;
    std::string content{};
    bool special = false;
    bool normalized = false;   // looked for in the normalised text
    bool single_word = false;  // only where no word character touches it
    bool left_strip = false;   // takes the white space before it
    bool right_strip = false;  // and after it
};

// Finds the leftmost token of a list, and of those that begin there the longest.
class token_finder {
public:
    token_finder() = default;
    // (text, position in the list of tokens)
    explicit token_finder(std::vector<std::pair<std::string, std::size_t>> tokens) : tokens_(std::move(tokens)) {
        std::erase_if(tokens_, [](const auto& t) { return t.first.empty(); });
        for (const auto& [text, i] : tokens_)
            if (text.size() > longest_text)
                throw error(errc::format, "an added token is too long", {.subject = text.substr(0, 40)});
        std::sort(tokens_.begin(), tokens_.end());
        nodes_.push_back({});
        if (!tokens_.empty()) grow(0, 0, tokens_.size(), 0);
        for (const edge& e : edges_of(nodes_[0])) starts_[e.byte] = true;
    }

    bool empty() const { return tokens_.empty(); }

    struct match {
        std::size_t begin, end, token;
    };

    // The next match at or after `from`; begin == npos when there is none.
    match find(std::string_view text, std::size_t from) const {
        for (std::size_t at = from; at < text.size(); ++at) {
            if (!starts_[static_cast<unsigned char>(text[at])]) continue;
            if (const match m = longest(text, at); m.begin != text.npos) return m;
        }
        return {text.npos, text.npos, 0};
    }

private:
    static constexpr std::size_t longest_text = 4096;  // the depth of the tree

    struct edge {
        unsigned char byte;
        std::uint32_t node;
    };
    struct node {
        std::uint32_t first_edge = 0, edges = 0;
        std::int32_t token = -1;  // place in tokens_
    };

    std::pair<const edge*, const edge*> bounds(const node& n) const {
        return {edges_.data() + n.first_edge, edges_.data() + n.first_edge + n.edges};
    }
    struct edge_list {
        const edge *first, *last;
        const edge* begin() const { return first; }
        const edge* end() const { return last; }
    };
    edge_list edges_of(const node& n) const { return {bounds(n).first, bounds(n).second}; }

    // Node for tokens_[begin, end), which agree in their first `depth` bytes.
    void grow(std::size_t number, std::size_t begin, std::size_t end, std::size_t depth) {
        while (begin < end && tokens_[begin].first.size() == depth) nodes_[number].token = std::int32_t(begin++);
        std::vector<std::size_t> cuts;
        for (std::size_t i = begin; i < end; ++i)
            if (i == begin || tokens_[i].first[depth] != tokens_[i - 1].first[depth]) cuts.push_back(i);
        const std::size_t first = edges_.size();
        nodes_[number].first_edge = std::uint32_t(first);
        nodes_[number].edges = std::uint32_t(cuts.size());
        cuts.push_back(end);
        for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
            edges_.push_back({static_cast<unsigned char>(tokens_[cuts[i]].first[depth]), 0});
        for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
            edges_[first + i].node = std::uint32_t(nodes_.size());
            nodes_.push_back({});
            grow(nodes_.size() - 1, cuts[i], cuts[i + 1], depth + 1);
        }
    }

    match longest(std::string_view text, std::size_t at) const {
        match best{text.npos, text.npos, 0};
        const node* n = nodes_.data();
        for (std::size_t i = at; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            const auto [first, last] = bounds(*n);
            const edge* e =
                std::lower_bound(first, last, byte, [](const edge& x, unsigned char b) { return x.byte < b; });
            if (e == last || e->byte != byte) break;
            n = nodes_.data() + e->node;
            if (n->token >= 0) best = {at, i + 1, tokens_[std::size_t(n->token)].second};
        }
        return best;
    }

    std::vector<std::pair<std::string, std::size_t>> tokens_;  // sorted
    std::vector<node> nodes_;
    std::vector<edge> edges_;
    std::array<bool, 256> starts_{};
};

// Cuts `text` at the tokens that `finder` knows: calls words(piece) for what lies between and token(id, piece) for
// each. `parse_special` false: special tokens are text.
inline void cut_at_tokens(piece_of_text text, const token_finder& finder, const std::vector<added_token>& tokens,
                          bool parse_special, function_ref<void(piece_of_text)> words,
                          function_ref<void(token_t, piece_of_text)> token) {
    const std::string_view all = text.text;
    const auto give = [&](std::size_t begin, std::size_t end) {
        if (begin < end) words(text.part(begin, end));
    };
    std::size_t done = 0;
    for (auto m = finder.find(all, 0); m.begin != all.npos; m = finder.find(all, m.end)) {
        const added_token& t = tokens[m.token];
        if (t.special && !parse_special) continue;
        const std::string_view before = all.substr(0, m.begin), after = all.substr(m.end);
        if (t.single_word && !before.empty() && is(decode_last(before).code, property::word)) continue;
        if (t.single_word && !after.empty() && is(decode(after.data()).code, property::word)) continue;
        std::size_t begin = m.begin, end = m.end;
        while (t.left_strip && begin > 0 && is(decode_last(all.substr(0, begin)).code, property::space))
            begin -= decode_last(all.substr(0, begin)).bytes;
        while (t.right_strip && end < all.size() && is(decode(all.data() + end).code, property::space))
            end += decode(all.data() + end).bytes;
        begin = std::max(begin, done);  // the token before may have taken those spaces
        give(done, begin);
        token(t.id, text.part(begin, end));
        done = end;
    }
    give(done, all.size());
}

}
