// Adds a given number to the logits of given tokens; minus infinity forbids one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class logit_bias {
public:
    explicit logit_bias(std::vector<std::pair<token_t, float>> added) : added_(std::move(added)) {}

    // Throws errc::argument for a token outside the vocabulary.
    void operator()(const row& r) const {
        for (const auto& [token, amount] : added_) {
            if (token < 0 || std::size_t(token) >= r.logits.size())
                throw error(errc::argument, "no such token",
                            {.subject = "logit_bias",
                             .expected = "a token below " + std::to_string(r.logits.size()),
                             .found = std::to_string(token)});
            r.logits[std::size_t(token)] += amount;
        }
    }

private:
    std::vector<std::pair<token_t, float>> added_;
};

}
