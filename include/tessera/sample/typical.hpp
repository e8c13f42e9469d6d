// Locally typical sampling: keeps the tokens whose surprise is nearest to the expected one (Meister et al. 2023).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class typical {
public:
    // Of tokens by rising |−log p − entropy|, the fewest whose probabilities reach `mass`, and those equally near.
    // Throws errc::argument unless 0 < mass <= 1; one keeps all.
    explicit typical(float mass) : mass_(mass) {
        if (!(mass > 0.0f && mass <= 1.0f))
            throw error(errc::argument, "the typical mass must lie in (0, 1]",
                        {.subject = "typical", .found = std::to_string(mass)});
    }

    void operator()(const row& r) {
        if (mass_ >= 1.0f) return;
        rank(r);
        const auto nearer = [](const entry& a, const entry& b) { return a.distance > b.distance; };
        std::make_heap(ranked_.begin(), ranked_.end(), nearer);
        double sum = 0, last = 0;
        while (!ranked_.empty() && (sum < double(mass_) || ranked_.front().distance == last)) {
            sum += ranked_.front().probability;
            last = ranked_.front().distance;
            std::pop_heap(ranked_.begin(), ranked_.end(), nearer);
            ranked_.pop_back();
        }
        for (const entry& e : ranked_) r.logits[e.token] = excluded;
    }

private:
    struct entry {
        double distance, probability;
        std::size_t token;
    };

    void rank(const row& r) {
        const double total = log_sum_exp(r.logits);
        ranked_.clear();
        ranked_.reserve(r.logits.size());
        double entropy = 0;
        for (std::size_t i = 0; i < r.logits.size(); ++i) {
            if (!(r.logits[i] > excluded)) continue;
            const double surprise = total - double(r.logits[i]), p = std::exp(-surprise);
            entropy += p * surprise;
            ranked_.push_back({surprise, p, i});
        }
        for (entry& e : ranked_) e.distance = std::fabs(e.distance - entropy);
    }

    float mass_;
    std::vector<entry> ranked_;  // a heap, the most typical first
};

}
