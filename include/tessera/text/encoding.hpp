// A text, or a pair of texts, as a model reads it: numbers, types and where each token stands in the text.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::text {

// One entry per token in each list.
struct encoding {
    std::vector<token_t> ids{};
    std::vector<std::int32_t> type_ids{};
    std::vector<range> offsets{};       // bytes of its text, as it was given; [0, 0) for what post-processing adds
    std::vector<std::int32_t> texts{};  // 0: of the first text, 1: of the second, -1: added by post-processing
    std::vector<std::int32_t> words{};  // number of the word in its text, as the pre-tokenizer cuts it; -1: added

    index_t size() const { return index_t(ids.size()); }
    bool is_added(index_t i) const { return texts[std::size_t(i)] < 0; }  // the mask of special tokens
};

// Which text is cut when there are too many tokens.
enum class truncation { longest_first, only_first, only_second };
enum class side { left, right };

struct encoding_options {
    bool special = true;        // with what post-processing adds
    bool parse_special = true;  // special tokens in the text are tokens; false: they are text
    index_t max_length = std::numeric_limits<index_t>::max();  // tokens, with those added
    text::truncation truncate = text::truncation::longest_first;
    side cut = side::right;  // where tokens go
    index_t stride = 0;      // tokens that a window shares with the one before
};

// How many tokens of texts of n[0] and n[1] tokens may stay for both to have `limit` (the second may be absent: n[1] is
// 0). error(errc::argument) when the one that may be cut is too short.
inline std::array<index_t, 2> truncated(std::array<index_t, 2> n, index_t limit, truncation how) {
    if (limit == 0) return {0, 0};
    const index_t excess = n[0] + n[1] - limit;
    if (excess <= 0) return n;
    if (how == truncation::longest_first) {
        if (n[1] == 0) return {limit, 0};
        index_t shorter = std::min(n[0], n[1]), longer = std::max(n[0], n[1]);
        longer = shorter > limit ? shorter : std::max(shorter, limit - shorter);
        if (shorter + longer > limit) {
            shorter = limit / 2;
            longer = shorter + limit % 2;
        }
        return n[0] > n[1] ? std::array{longer, shorter} : std::array{shorter, longer};
    }
    index_t& target = n[how == truncation::only_first ? 0 : 1];
    if (target <= excess)
        throw error(errc::argument, "the text to be cut is too short",
                    {.expected = "more than " + std::to_string(excess) + " tokens", .found = std::to_string(target)});
    target -= excess;
    return n;
}

// The windows of `most` tokens, each sharing `stride` with the one before, that cover n tokens; one empty when most is
// 0.
inline std::vector<range> windows_of(index_t n, index_t most, index_t stride, side cut) {
    if (most >= n || most == 0) return {{0, std::min(n, most)}};
    if (stride < 0 || stride >= most)
        throw error(errc::argument, "windows must share fewer tokens than they have",
                    {.expected = "less than " + std::to_string(most), .found = std::to_string(stride)});
    std::vector<range> all;
    for (index_t done = 0;; done += most - stride) {
        const index_t end = std::min(done + most, n);
        all.push_back(cut == side::right ? range{done, end} : range{n - end, n - done});
        if (end == n) return all;
    }
}

}
