// What rows of scores say, by the rule of connectionist temporal classification (Graves et al. 2006): equal labels in a
// row are one, and blanks are none.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"
#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// A token and the rows that say it: [begin, end).
struct timed_token {
    token_t token;
    index_t begin, end;

    bool operator==(const timed_token&) const = default;
};

// The best label of each row, the first of equals, of rows that may come in parts.
class ctc_labels {
public:
    explicit ctc_labels(token_t blank) : blank_(blank), last_(blank) {}

    // logits: [rows, vocabulary], which follow those before.
    void read(view<const float> logits) {
        for (index_t r = 0; r < logits.extent(0); ++r) {
            const float* const row = logits.data() + r * logits.stride(0);
            add(static_cast<token_t>(std::max_element(row, row + logits.extent(1)) - row));
        }
    }

    index_t rows() const { return rows_; }
    const std::vector<timed_token>& said() const { return said_; }
    // Takes away the first n.
    std::vector<timed_token> take(std::size_t n) {
        const auto to = said_.begin() + std::ptrdiff_t(n);
        std::vector<timed_token> taken(said_.begin(), to);
        said_.erase(said_.begin(), to);
        return taken;
    }

private:
    void add(token_t label) {
        const index_t row = rows_++;
        const bool goes_on = label == std::exchange(last_, label);
        if (label == blank_) return;
        if (!goes_on) {
            said_.push_back({label, row, row + 1});
        } else if (!said_.empty()) {
            said_.back().end = row + 1;
        }
    }

    token_t blank_, last_;
    index_t rows_ = 0;
    std::vector<timed_token> said_;
};

// All that the rows say. logits: [rows, vocabulary].
inline std::vector<timed_token> ctc_greedy(view<const float> logits, token_t blank) {
    ctc_labels labels(blank);
    labels.read(logits);
    return labels.take(labels.said().size());
}

}
