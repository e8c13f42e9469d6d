// Adds a given number to the logits of given tokens; minus infinity forbids one.
#pragma once

#include <utility>
#include <vector>

#include "tessera/sample/logit_of.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class logit_bias {
public:
    explicit logit_bias(std::vector<std::pair<token_t, float>> added) : added_(std::move(added)) {}

    // Throws errc::argument for a token outside the vocabulary.
    void operator()(const row& r) const {
        for (const auto& [token, amount] : added_) logit_of(r, token, "logit_bias") += amount;
    }

private:
    std::vector<std::pair<token_t, float>> added_;
};

}
