// Keeps the tokens that are at least p times as probable as the most probable one (Nguyen et al. 2024).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class min_p {
public:
    // Throws errc::argument unless 0 <= p <= 1; zero keeps all.
    explicit min_p(float p) : distance_(std::log(p)) {
        if (!(p >= 0.0f && p <= 1.0f))
            throw error(errc::argument, "min_p must lie in [0, 1]", {.subject = "min_p", .found = std::to_string(p)});
    }

    void operator()(const row& r) const {
        const float least = *std::max_element(r.logits.begin(), r.logits.end()) + distance_;
        for (float& x : r.logits)
            if (x < least) x = excluded;
    }

private:
    float distance_;
};

}
