// DRY, "don't repeat yourself": penalises tokens that would lengthen a repetition of what was said (as in llama.cpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct dry_options {
    float multiplier = 0.8f;
    float base = 1.75f;
    index_t allowed_length = 2;       // repetitions shorter than this cost nothing
    index_t last = -1;                // tokens of the history that are looked at; -1: all
    std::vector<token_t> breakers{};  // tokens that no repetition goes across: line ends, quotes, turns of a chat
};

// A token that came after an earlier copy of the last n tokens loses multiplier · base^(n − allowed_length), n being
// the longest such copy.
class dry {
public:
    // Throws errc::argument unless multiplier >= 0, base >= 1 and allowed_length >= 1.
    explicit dry(dry_options options) : options_(std::move(options)) {
        if (!(options_.multiplier >= 0.0f && options_.base >= 1.0f && options_.allowed_length >= 1))
            throw error(errc::argument, "multiplier >= 0, base >= 1 and allowed_length >= 1 are needed",
                        {.subject = "dry",
                         .found = std::to_string(options_.multiplier) + ", " + std::to_string(options_.base) + ", " +
                                  std::to_string(options_.allowed_length)});
        // From 10^30 on a longer match makes no difference any more, which bounds the work.
        const double steps = options_.base > 1.0f ? std::log(1e30) / std::log(double(options_.base)) : 0;
        longest_ = options_.allowed_length + index_t(std::min(steps, 1e6));
        std::sort(options_.breakers.begin(), options_.breakers.end());
    }

    void operator()(const row& r) {
        const auto n = index_t(r.history.size());
        const auto text = r.history.last(std::size_t(options_.last < 0 ? n : std::min(n, options_.last)));
        const index_t unbroken = since_breaker(text);
        lengths_.resize(r.logits.size());
        if (options_.multiplier == 0.0f || unbroken < options_.allowed_length) return;
        // A copy that ends before place i is continued by text[i].
        for (std::size_t i = 1; i < text.size(); ++i)
            if (may_cost(text[i], r)) {
                index_t& most = lengths_[std::size_t(text[i])];
                most = std::max(most, matched(text, i, unbroken));
            }
        for (const token_t t : text)
            if (may_cost(t, r)) r.logits[std::size_t(t)] -= penalty(std::exchange(lengths_[std::size_t(t)], 0));
    }

private:
    bool breaks(token_t t) const { return std::binary_search(options_.breakers.begin(), options_.breakers.end(), t); }
    bool may_cost(token_t t, const row& r) const { return t >= 0 && std::size_t(t) < r.logits.size() && !breaks(t); }

    index_t since_breaker(std::span<const token_t> text) const {
        index_t n = 0;
        while (n < index_t(text.size()) && n < longest_ && !breaks(text[text.size() - 1 - std::size_t(n)])) ++n;
        return n;
    }

    // How many tokens before place `end` are the last ones of the text.
    static index_t matched(std::span<const token_t> text, std::size_t end, index_t most) {
        index_t n = 0;
        const auto last = index_t(text.size()) - 1;
        while (n < most && n < index_t(end) && text[end - 1 - std::size_t(n)] == text[std::size_t(last - n)]) ++n;
        return n;
    }

    float penalty(index_t length) const {
        if (length < options_.allowed_length) return 0.0f;
        return options_.multiplier * std::pow(options_.base, static_cast<float>(length - options_.allowed_length));
    }

    dry_options options_;
    index_t longest_ = 0;
    std::vector<index_t> lengths_;  // zeros between calls
};

}
