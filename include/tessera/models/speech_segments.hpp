// Cuts what a speech model says of one window at the times that it says.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Times count the steps of time tokens from the beginning of the window.
struct timed_tokens {
    index_t begin = 0, end = 0;
    std::vector<token_t> words{};  // without times
};

struct window_transcript {
    std::vector<timed_tokens> segments{};
    index_t heard = 0;  // the next window begins here
};

namespace detail {

class time_cutter {
public:
    time_cutter(std::span<const token_t> said, token_t first_time, index_t window)
        : said_(said), first_(first_time), window_(window) {}

    window_transcript cut() const {
        std::vector<std::size_t> cuts;  // between the time that ends a segment and that which begins the next
        for (std::size_t i = 1; i < said_.size(); ++i)
            if (is_time(i - 1) && is_time(i)) cuts.push_back(i);
        window_transcript all{.heard = window_};
        const bool ends = said_.size() > 1 && is_time(said_.size() - 1) && !is_time(said_.size() - 2);
        if (cuts.empty() || ends) {
            cuts.push_back(said_.size());
        } else {
            all.heard = std::max<index_t>(1, time(cuts.back() - 1));  // what was begun is heard again
        }
        std::size_t from = 0;
        for (const std::size_t to : cuts) add(all, std::exchange(from, to), to);
        return all;
    }

private:
    bool is_time(std::size_t i) const { return said_[i] >= first_; }
    index_t time(std::size_t i) const { return std::min<index_t>(said_[i] - first_, window_); }

    // The words from one place to another; nothing where there are none.
    void add(window_transcript& all, std::size_t from, std::size_t to) const {
        timed_tokens t{.end = window_};
        if (from < to && is_time(from)) t.begin = time(from);
        for (std::size_t i = from; i < to; ++i) {
            if (!is_time(i)) {
                t.words.push_back(said_[i]);
            } else if (!t.words.empty()) {
                t.end = time(i);
            }
        }
        if (!t.words.empty()) all.segments.push_back(std::move(t));
    }

    std::span<const token_t> said_;
    token_t first_;
    index_t window_;
};

}

// Whisper's: a segment lies between two times, and where one ends the next begins. When the last one has not ended, the
// next window begins where it does; else this window is done. said: without the end token; window: its length.
inline window_transcript cut_at_times(std::span<const token_t> said, token_t first_time, index_t window) {
    return detail::time_cutter(said, first_time, window).cut();
}

}
