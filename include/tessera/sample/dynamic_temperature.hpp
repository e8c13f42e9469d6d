// A temperature that rises with the entropy of the row: sure steps stay sharp, open ones get flat (as in llama.cpp).
#pragma once

#include <cmath>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct dynamic_temperature_options {
    float low = 0.5f;       // of a row with one possible token
    float high = 1.5f;      // of a row whose tokens are all as probable
    float exponent = 1.0f;  // of the entropy, as a part of the largest one
};

// temperature = low + (high − low) · (entropy / log n)^exponent, over the n tokens not excluded.
class dynamic_temperature {
public:
    // Throws errc::argument unless 0 < low <= high.
    explicit dynamic_temperature(dynamic_temperature_options options) : options_(options) {
        if (!(options.low > 0.0f && options.low <= options.high))
            throw error(errc::argument, "temperatures must be positive and rise",
                        {.subject = "dynamic_temperature",
                         .found = std::to_string(options.low) + " to " + std::to_string(options.high)});
    }

    void operator()(const row& r) const {
        const double total = log_sum_exp(r.logits);
        double entropy = 0, n = 0;
        for (float x : r.logits) {
            if (!(x > excluded)) continue;
            const double surprise = total - double(x);
            entropy += std::exp(-surprise) * surprise;
            ++n;
        }
        if (n < 2) return;
        const double open = std::pow(entropy / std::log(n), double(options_.exponent));
        const auto scale = static_cast<float>(1 / (double(options_.low) + double(options_.high - options_.low) * open));
        for (float& x : r.logits) x *= scale;
    }

private:
    dynamic_temperature_options options_;
};

}
