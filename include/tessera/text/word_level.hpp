// A vocabulary of whole words: a word is its piece or unknown.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tessera/text/token_list.hpp"
#include "tessera/text/vocabulary.hpp"

namespace tessera::inline TESSERA_ABI::text {

class word_level {
public:
    struct scratch {};

    word_level(vocabulary pieces, std::string unknown) : pieces_(std::move(pieces)), unknown_(std::move(unknown)) {}

    const vocabulary& pieces() const { return pieces_; }

    void encode(std::string_view word, scratch&, token_list& out) const {
        token_t id = pieces_.find(word);
        if (id == vocabulary::absent) id = pieces_.find(unknown_);
        if (id == vocabulary::absent)
            throw error(errc::missing, "the piece for unknown text is not in the vocabulary", {.subject = unknown_});
        out.add(id, 0, word.size());
    }

private:
    vocabulary pieces_;
    std::string unknown_;
};

}
