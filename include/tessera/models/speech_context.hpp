// What a speech model is told before a window: the text of the windows before it.
#pragma once

#include <algorithm>
#include <vector>

#include "tessera/models/speech_segments.hpp"
#include "tessera/models/speech_tokens.hpp"

namespace tessera::inline TESSERA_ABI::models {

class speech_context {
public:
    // With its times where the model is to say such.
    void add(const timed_tokens& t, const speech_tokens& tokens, bool timestamps) {
        if (timestamps) said_.push_back(tokens.first_time() + static_cast<token_t>(t.begin));
        said_.insert(said_.end(), t.words.begin(), t.words.end());
        if (timestamps) said_.push_back(tokens.first_time() + static_cast<token_t>(t.end));
    }
    void forget() { said_.clear(); }

    // What goes ahead of the prompt: the token that says so and the latest words, at most half of what a model of so
    // many places holds. Nothing where there are no words or no such token.
    std::vector<token_t> prompt(const speech_tokens& tokens, index_t places) const {
        if (said_.empty() || tokens.previous < 0 || places < 4) return {};
        std::vector<token_t> all{tokens.previous};
        const auto most = std::min(index_t(said_.size()), places / 2 - 1);
        all.insert(all.end(), said_.end() - most, said_.end());
        return all;
    }

private:
    std::vector<token_t> said_;
};

}
