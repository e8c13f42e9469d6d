// Forbids sequences of tokens: the last token of one, once the others have just been said.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tessera/sample/logit_of.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// Sequences lie in a trie by the tokens before their last, the latest first: a step walks back along the history once,
// whatever their number.
class bad_words {
public:
    // Throws errc::argument for a sequence without tokens.
    explicit bad_words(const std::vector<std::vector<token_t>>& sequences) : nodes_(1) {
        for (const std::vector<token_t>& s : sequences) {
            if (s.empty()) throw error(errc::argument, "a sequence without tokens", {.subject = "bad_words"});
            std::size_t at = 0;
            for (std::size_t i = s.size() - 1; i-- > 0;) at = child_or_new(at, s[i]);
            nodes_[at].forbidden.push_back(s.back());
        }
    }

    // Throws errc::argument for a token outside the vocabulary.
    void operator()(const row& r) const {
        std::size_t at = 0;
        forbid(nodes_[at], r);
        for (std::size_t i = r.history.size(); i-- > 0;) {
            const auto found = place(at, r.history[i]);
            if (found == nodes_[at].children.end() || found->first != r.history[i]) return;
            at = found->second;
            forbid(nodes_[at], r);
        }
    }

private:
    using edge = std::pair<token_t, std::size_t>;
    struct node {
        std::vector<edge> children;  // by rising token
        std::vector<token_t> forbidden;
    };

    std::vector<edge>::const_iterator place(std::size_t at, token_t t) const {
        const auto& all = nodes_[at].children;
        return std::lower_bound(all.begin(), all.end(), t, [](const edge& e, token_t x) { return e.first < x; });
    }
    std::size_t child_or_new(std::size_t at, token_t t) {
        const auto found = place(at, t);
        if (found != nodes_[at].children.end() && found->first == t) return found->second;
        nodes_[at].children.insert(found, {t, nodes_.size()});
        nodes_.emplace_back();
        return nodes_.size() - 1;
    }

    static void forbid(const node& n, const row& r) {
        for (const token_t t : n.forbidden) logit_of(r, t, "bad_words") = excluded;
    }

    std::vector<node> nodes_;  // the root is the first
};

}
