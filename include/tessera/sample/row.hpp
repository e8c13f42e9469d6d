// What a sampler sees, and how samplers are put together.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// A logit that no token with it can be drawn from.
inline constexpr float excluded = -std::numeric_limits<float>::infinity();

// The logits of the next token, which edits change in place, and what came before it.
struct row {
    std::span<float> logits;               // [vocabulary]
    std::span<const token_t> history;      // prompt and generated tokens, oldest first
    std::span<const token_t> generated{};  // the generated part of it
    std::uint64_t step = 0;                // number of tokens before this one: the counter of random draws
};

// Whether a token has a logit.
inline bool is_inside(token_t t, const row& r) { return t >= 0 && std::size_t(t) < r.logits.size(); }

// Changes the logits: temperature, top_k, a user's own.
template <class S>
concept edit = requires(S& s, const row& r) {
    { s(r) } -> std::same_as<void>;
};

// Chooses a token: greedy, draw, a user's own.
template <class S>
concept pick = requires(S& s, const row& r) {
    { s(r) } -> std::same_as<token_t>;
};

// first, then second.
template <edit First, class Second>
requires(edit<Second> || pick<Second>) struct chain {
    First first;
    Second second;
    auto operator()(const row& r) {
        first(r);
        return second(r);
    }
};

template <edit First, class Second>
requires(edit<Second> || pick<Second>) constexpr chain<First, Second> operator|(First first, Second second) {
    return {std::move(first), std::move(second)};
}

}
