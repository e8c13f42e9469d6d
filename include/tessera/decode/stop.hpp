// Ends a text at given strings: what may be the beginning of one is held back until it is known not to be.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::decode {

class stop_strings {
public:
    explicit stop_strings(std::vector<std::string> stops) : stops_(std::move(stops)) {
        std::erase_if(stops_, [](const std::string& s) { return s.empty(); });
    }

    // The text that may be shown now; nothing after a stop string has been met.
    std::string push(std::string_view piece) {
        if (hit_) return {};
        held_ += piece;
        std::size_t first = std::string::npos;
        for (const std::string& s : stops_) first = std::min(first, held_.find(s));
        if (first != std::string::npos) {
            hit_ = true;
            return take(first);
        }
        return take(held_.size() - longest_beginning());
    }

    // What was held back, when the text ends otherwise.
    std::string finish() { return hit_ ? std::string() : take(held_.size()); }

    bool hit() const { return hit_; }

private:
    std::string take(std::size_t n) {
        std::string out = held_.substr(0, n);
        held_.erase(0, n);
        return out;
    }

    // Length of the longest end of held_ that begins a stop string.
    std::size_t longest_beginning() const {
        std::size_t longest = 0;
        for (const std::string& s : stops_)
            for (std::size_t n = std::min(s.size() - 1, held_.size()); n > longest; --n)
                if (held_.compare(held_.size() - n, n, s, 0, n) == 0) longest = n;
        return longest;
    }

    std::vector<std::string> stops_;
    std::string held_;
    bool hit_ = false;
};

}
