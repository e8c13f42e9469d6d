// Makes what was said less probable: repetition (Keskar et al. 2019), presence and frequency penalties.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct penalty_options {
    float repetition = 1.0f;  // divides positive and multiplies negative logits of every token of the history
    float presence = 0.0f;    // taken off once for each token already generated
    float frequency = 0.0f;   // taken off for each time a token was generated
};

class penalties {
public:
    // Throws errc::argument unless repetition > 0.
    explicit penalties(penalty_options options) : options_(options) {
        if (!(options.repetition > 0.0f))
            throw error(errc::argument, "the repetition penalty must be positive",
                        {.subject = "repetition", .found = std::to_string(options.repetition)});
    }

    void operator()(const row& r) {
        if (options_.repetition != 1.0f) {
            for_each_distinct(r, r.history, [this](float& x, int) {
                x = x > 0.0f ? x / options_.repetition : x * options_.repetition;
            });
        }
        if (options_.presence != 0.0f || options_.frequency != 0.0f) {
            for_each_distinct(r, r.generated, [this](float& x, int times) {
                x -= options_.presence + options_.frequency * static_cast<float>(times);
            });
        }
    }

private:
    // Calls f(logit, times) once for each token among `tokens`.
    template <class F>
    void for_each_distinct(const row& r, std::span<const token_t> tokens, F f) {
        times_.resize(r.logits.size());
        const auto inside = [&](token_t t) { return t >= 0 && std::size_t(t) < times_.size(); };
        for (token_t t : tokens)
            if (inside(t)) ++times_[std::size_t(t)];
        for (token_t t : tokens) {
            if (!inside(t) || times_[std::size_t(t)] == 0) continue;
            f(r.logits[std::size_t(t)], std::exchange(times_[std::size_t(t)], 0));
        }
    }

    penalty_options options_;
    std::vector<int> times_;  // zeros between calls
};

}
