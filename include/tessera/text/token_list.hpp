// The tokens of a text as a model gives them, with what each stands for where somebody asks.
#pragma once

#include <vector>

#include "tessera/text/piece_of_text.hpp"

namespace tessera::inline TESSERA_ABI::text {

class token_list {
public:
    // Tokens added from now on are of this word.
    void begin(piece_of_text word) {
        word_ = word;
        ++count_;
    }
    // A token that stands for the word's bytes [begin, end).
    void add(token_t id, std::size_t begin, std::size_t end) {
        ids.push_back(id);
        if (word_.origin == nullptr) return;
        offsets.push_back(word_.source(begin, end));
        words.push_back(count_);
    }

    std::vector<token_t> ids;
    std::vector<range> offsets;       // bytes of the input; empty unless the words know what they come from
    std::vector<std::int32_t> words;  // numbers of the words, from 0; empty likewise

private:
    piece_of_text word_{};
    std::int32_t count_ = -1;
};

}
