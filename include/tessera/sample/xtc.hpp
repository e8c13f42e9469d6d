// Exclude top choices: now and then drops the most probable tokens, so that a less obvious one is drawn (as in
// llama.cpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/core/random.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct xtc_options {
    float probability = 0.5f;  // of dropping anything in a step
    float threshold = 0.1f;    // tokens at least as probable are dropped, but for the least probable of them
    std::uint64_t seed = 0;    // its coin is not the one that `draw` throws with the same seed
};

class xtc {
public:
    // Throws errc::argument unless probability lies in [0, 1] and threshold in (0, 1]; above one half nothing is ever
    // dropped, since no two tokens are so probable.
    explicit xtc(xtc_options options) : options_(options), seed_(random_bits(options.seed, another_stream)) {
        if (!(options.probability >= 0.0f && options.probability <= 1.0f))
            throw error(errc::argument, "the probability must lie in [0, 1]",
                        {.subject = "xtc probability", .found = std::to_string(options.probability)});
        if (!(options.threshold > 0.0f && options.threshold <= 1.0f))
            throw error(errc::argument, "the threshold must lie in (0, 1]",
                        {.subject = "xtc threshold", .found = std::to_string(options.threshold)});
    }

    void operator()(const row& r) const {
        if (random_uniform(seed_, r.step) >= options_.probability) return;
        const double least = log_sum_exp(r.logits) + std::log(double(options_.threshold));
        std::size_t kept = r.logits.size();  // the least probable of the top choices; of equal ones, the last
        for (std::size_t i = 0; i < r.logits.size(); ++i)
            if (double(r.logits[i]) >= least && (kept == r.logits.size() || r.logits[i] <= r.logits[kept])) kept = i;
        for (std::size_t i = 0; i < r.logits.size(); ++i)
            if (double(r.logits[i]) >= least && i != kept) r.logits[i] = excluded;
    }

private:
    static constexpr std::uint64_t another_stream = 0x787463;  // a step that no text comes to

    xtc_options options_;
    std::uint64_t seed_;
};

}
