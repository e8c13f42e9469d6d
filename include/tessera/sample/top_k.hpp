// Keeps the k largest logits, and those equal to the smallest of them.
#pragma once

#include <algorithm>
#include <vector>

#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// k <= 0 keeps all.
class top_k {
public:
    explicit top_k(index_t k) : k_(k) {}
    void keep(index_t k) { k_ = k; }

    void operator()(const row& r) {
        if (k_ <= 0 || std::size_t(k_) >= r.logits.size()) return;
        sorted_.assign(r.logits.begin(), r.logits.end());
        std::nth_element(sorted_.begin(), sorted_.begin() + (k_ - 1), sorted_.end(),
                         [](float a, float b) { return a > b; });
        const float least = sorted_[std::size_t(k_ - 1)];
        for (float& x : r.logits)
            if (x < least) x = excluded;
    }

private:
    index_t k_;
    std::vector<float> sorted_;
};

}
