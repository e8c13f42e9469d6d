// Nucleus sampling: keeps the smallest set of most probable tokens whose probabilities reach p (Holtzman et al. 2020).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class top_p {
public:
    // Throws errc::argument unless 0 < p <= 1; the most probable token always stays.
    explicit top_p(float p) : p_(p) {
        if (!(p > 0.0f && p <= 1.0f))
            throw error(errc::argument, "top_p must lie in (0, 1]", {.subject = "top_p", .found = std::to_string(p)});
    }

    void operator()(const row& r) {
        if (p_ >= 1.0f) return;
        const float top = *std::max_element(r.logits.begin(), r.logits.end());
        probable_.clear();
        double total = 0;
        for (std::size_t i = 0; i < r.logits.size(); ++i) {
            if (!(r.logits[i] > excluded)) continue;
            const double weight = std::exp(double(r.logits[i]) - double(top));
            total += weight;
            probable_.push_back({weight, i});
        }
        keep_nucleus(r, double(p_) * total);
    }

private:
    struct entry {
        double weight;
        std::size_t token;
        // A heap gives the most probable first; of equal ones, the lowest number.
        bool operator<(const entry& other) const {
            return weight != other.weight ? weight < other.weight : token > other.token;
        }
    };

    // A heap, because few of many tokens make up the nucleus.
    void keep_nucleus(const row& r, double target) {
        std::make_heap(probable_.begin(), probable_.end());
        double sum = 0;
        while (!probable_.empty() && sum < target) {
            sum += probable_.front().weight;
            std::pop_heap(probable_.begin(), probable_.end());
            probable_.pop_back();
        }
        for (const entry& e : probable_) r.logits[e.token] = excluded;
    }

    float p_;
    std::vector<entry> probable_;
};

}
