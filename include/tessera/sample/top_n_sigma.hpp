// Keeps the tokens whose logits are within n standard deviations of the largest (Tang et al. 2024).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// The deviation is that of all logits not excluded before. What is kept does not depend on the temperature.
class top_n_sigma {
public:
    // Throws errc::argument unless n >= 0; zero keeps all.
    explicit top_n_sigma(float n) : n_(n) {
        if (!(n >= 0.0f))
            throw error(errc::argument, "top_n_sigma must not be negative",
                        {.subject = "top_n_sigma", .found = std::to_string(n)});
    }

    void operator()(const row& r) const {
        if (n_ == 0.0f) return;
        const float top = *std::max_element(r.logits.begin(), r.logits.end());
        const double least = double(top) - double(n_) * deviation(r.logits);
        for (float& x : r.logits)
            if (double(x) < least) x = excluded;
    }

private:
    static double deviation(std::span<const float> logits) {
        double n = 0, mean = 0, squares = 0;  // Welford's running sums
        for (float x : logits) {
            if (!(x > excluded)) continue;
            const double before = double(x) - mean;
            mean += before / ++n;
            squares += before * (double(x) - mean);
        }
        return n > 0 ? std::sqrt(squares / n) : 0;
    }

    float n_;
};

}
