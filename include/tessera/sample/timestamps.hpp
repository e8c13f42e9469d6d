// The grammar of times in what a speech model says: text between a time at which it begins and one at which it ends.
#pragma once

#include <algorithm>
#include <cmath>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// Whisper's rules (Radford et al. 2022): the first token is a time; times come in pairs, the end of a text and the
// beginning of the next, and never go back; when a time is more probable than any single word, a time it is.
struct timestamps {
    token_t first = 0;     // the token of 0 seconds; all from it on are times
    token_t end = 0;       // ends the transcript; words have smaller ids
    token_t latest = -1;   // the latest time that may come first; -1: any
    token_t without = -1;  // the token that asks for no times, which is never said

    void operator()(const row& r) const {
        if (std::size_t(first) >= r.logits.size()) return;
        if (without >= 0) exclude(r, without, without + 1);
        const bool after_time = is_time(r, 1), after_two = after_time && (r.generated.size() < 2 || is_time(r, 2));
        if (after_two) exclude(r, first, size(r));
        if (after_time && !after_two) exclude(r, 0, end);
        exclude(r, first, least(r, after_time && !after_two));
        if (r.generated.empty()) {
            exclude(r, 0, first);
            if (latest >= 0) exclude(r, std::min(latest, size(r) - 1) + 1, size(r));
        }
        if (times_outweigh(r)) exclude(r, 0, first);
    }

private:
    static token_t size(const row& r) { return static_cast<token_t>(r.logits.size()); }
    static void exclude(const row& r, token_t from, token_t to) {
        for (token_t t = std::max(from, 0); t < std::min(to, size(r)); ++t) r.logits[std::size_t(t)] = excluded;
    }

    // Whether the token so many before this one is a time.
    bool is_time(const row& r, std::size_t back) const {
        return r.generated.size() >= back && r.generated[r.generated.size() - back] >= first;
    }

    // The earliest time that may come now: that of the last one, which an end may repeat as a beginning.
    token_t least(const row& r, bool may_repeat) const {
        for (std::size_t i = r.generated.size(); i-- > 0;)
            if (r.generated[i] >= first) return r.generated[i] + (may_repeat ? 0 : 1);
        return first;
    }

    // Compares sums of exp(logit), which the normaliser of the probabilities divides alike.
    bool times_outweigh(const row& r) const {
        const auto words_end = r.logits.begin() + first;
        const float word = *std::max_element(r.logits.begin(), words_end);
        const float time = *std::max_element(words_end, r.logits.end());
        if (time == excluded) return false;
        double sum = 0.0;
        for (auto t = words_end; t != r.logits.end(); ++t) sum += std::exp(double(*t) - double(time));
        return std::log(sum) + double(time) > double(word);
    }
};

}
