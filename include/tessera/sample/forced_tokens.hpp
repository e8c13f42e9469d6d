// Says what the first generated tokens are to be, or any later ones.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tessera/sample/logit_of.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// Of each pair, the generated token of that number (from 0) is that token; the last edit of a chain, since it
// allows the token whatever was excluded before.
class forced_tokens {
public:
    explicit forced_tokens(std::vector<std::pair<index_t, token_t>> forced) : forced_(std::move(forced)) {}

    // Throws errc::argument for a token outside the vocabulary.
    void operator()(const row& r) const {
        for (const auto& [number, token] : forced_) {
            if (number != index_t(r.generated.size())) continue;
            float& forced = logit_of(r, token, "forced_tokens");
            std::fill(r.logits.begin(), r.logits.end(), excluded);
            forced = 0.0f;
        }
    }

private:
    std::vector<std::pair<index_t, token_t>> forced_;
};

}
