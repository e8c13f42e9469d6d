// A random token, each with the probability that softmax gives its logit.
#pragma once

#include <algorithm>
#include <cmath>

#include "tessera/core/random.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// The draw of step n depends on the seed, n and the logits only, so any text can be drawn again.
struct draw {
    std::uint64_t seed = 0;

    token_t operator()(const row& r) const {
        const float top = *std::max_element(r.logits.begin(), r.logits.end());
        double total = 0;
        for (float x : r.logits)
            if (x > excluded) total += std::exp(double(x) - double(top));
        const double target = double(random_uniform(seed, r.step)) * total;
        double sum = 0;
        token_t last = 0;
        for (std::size_t i = 0; i < r.logits.size(); ++i) {
            if (!(r.logits[i] > excluded)) continue;
            last = static_cast<token_t>(i);
            sum += std::exp(double(r.logits[i]) - double(top));
            if (sum > target) break;
        }
        return last;
    }
};

}
