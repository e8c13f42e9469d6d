// The seam of attention: a score policy edits the scores q·k of known places; policies compose with & and |.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>

#include "tessera/core/types.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// One row of queries. `position` is what windows, ALiBi and rotary mean; `place` is where the row's own key is stored:
// they differ in tree and evicted caches. `sequence` is the row's sequence within the packed batch.
struct query {
    std::int32_t position;
    std::int32_t place;
    std::int32_t head;
    std::int32_t sequence;
};

// One key, or one vector of keys side by side.
template <class Int>
struct basic_key {
    Int position;
    Int place;
};
using key = basic_key<std::int32_t>;
using key_vector = basic_key<simd::ints>;

// A policy has any of three kinds of edit, applied in this order whatever the spelling of a composition:
//     V transform(V score, query, K)   softcap, scale     (V is float, and simd::floats when K is key_vector)
//     V bias(query, K)                 added: ALiBi, relative positions
//     live(query, K)                   which keys the query sees: bool, and a vector of truths
// Written as templates over V and K they serve scalars and vectors; a plain scalar function is called lane by lane.
// Another adds to the softmax of a whole row:
//     float sink(query)     the score of a key that every query sees and whose value is zero
// Two more may only skip work, never change a result:
//     cover covers(range rows, range cols)    what `live` says of all pairs of these positions
//     index_t next(range rows, index_t from)  no position in [from, next) is live for any of these rows
template <class P>
concept transforming = requires(const P& p, float s, const query& q, const key& k) {
    { p.transform(s, q, k) } -> std::convertible_to<float>;
};
template <class P>
concept biasing = requires(const P& p, const query& q, const key& k) {
    { p.bias(q, k) } -> std::convertible_to<float>;
};
template <class P>
concept masking = requires(const P& p, const query& q, const key& k) {
    { p.live(q, k) } -> std::convertible_to<bool>;
};
template <class P>
concept sinking = requires(const P& p, const query& q) {
    { p.sink(q) } -> std::convertible_to<float>;
};

enum class cover : unsigned char { none, partial, full };

// What next() says when no later key is live.
inline constexpr index_t no_key = std::numeric_limits<index_t>::max();

template <class P>
concept covering = requires(const P& p, range r) {
    { p.covers(r, r) } -> std::same_as<cover>;
};
template <class P>
concept skipping = requires(const P& p, range r, index_t from) {
    { p.next(r, from) } -> std::convertible_to<index_t>;
};

template <class P>
concept score_policy = std::copyable<P> &&(transforming<P> || biasing<P> || masking<P> || covering<P> || sinking<P>);

// A policy that only says which keys are live: what operator| may unite.
template <class P>
concept mask_policy = score_policy<P> && !transforming<P> && !biasing<P> && !sinking<P>;

// --- one edit of any policy, scalar or vector; a kind that it lacks changes nothing ---

// f(key, lane) for each lane of a vector of keys.
template <class F>
void each_lane(const key_vector& k, F f) {
    alignas(64) std::int32_t position[simd::lanes], place[simd::lanes];
    simd::store(k.position, position);
    simd::store(k.place, place);
    for (index_t l = 0; l < simd::lanes; ++l) f(key{position[l], place[l]}, l);
}

template <class P, class V, class K>
V transformed(const P& p, V score, const query& q, const K& k) {
    if constexpr (!transforming<P>) {
        return score;
    } else if constexpr (requires { V(p.transform(score, q, k)); }) {
        return p.transform(score, q, k);
    } else {
        alignas(64) float s[simd::lanes];
        simd::store(score, s);
        each_lane(k, [&](const key& one, index_t l) { s[l] = p.transform(s[l], q, one); });
        return simd::load(s);
    }
}

// The number type that goes with a key.
template <class K>
using score_of = std::conditional_t<std::same_as<K, key>, float, simd::floats>;
template <class K>
using truth_of = std::conditional_t<std::same_as<K, key>, bool, simd::mask>;

template <class P, class K>
score_of<K> bias_of(const P& p, const query& q, const K& k) {
    if constexpr (!biasing<P>) {
        return score_of<K>(0.0f);
    } else if constexpr (requires { score_of<K>(p.bias(q, k)); }) {
        return p.bias(q, k);
    } else {
        alignas(64) float b[simd::lanes];
        each_lane(k, [&](const key& one, index_t l) { b[l] = p.bias(q, one); });
        return simd::load(b);
    }
}

template <class P, class K>
truth_of<K> is_live(const P& p, const query& q, const K& k) {
    if constexpr (!masking<P>) {
        if constexpr (std::same_as<K, key>) {
            return true;
        } else {
            return simd::as_mask(true);
        }
    } else if constexpr (std::same_as<K, key>) {
        return p.live(q, k);
    } else if constexpr (requires { simd::as_mask(p.live(q, k)); }) {
        return simd::as_mask(p.live(q, k));
    } else {
        alignas(64) float live[simd::lanes];
        each_lane(k, [&](const key& one, index_t l) { live[l] = p.live(q, one) ? 1.0f : 0.0f; });
        return simd::load(live) != simd::zero();
    }
}

// -∞, which adds nothing, where the policy has no sink.
template <class P>
float sink_of(const P& p, const query& q) {
    if constexpr (sinking<P>) {
        return p.sink(q);
    } else {
        return -std::numeric_limits<float>::infinity();
    }
}

// Positions are half-open hulls: not every position between the ends need occur.
template <class P>
cover cover_of(const P& p, range rows, range cols) {
    if constexpr (covering<P>) {
        return p.covers(rows, cols);
    } else {
        return masking<P> ? cover::partial : cover::full;
    }
}

template <class P>
index_t next_of(const P& p, range rows, index_t from) {
    if constexpr (skipping<P>) {
        return p.next(rows, from);
    } else {
        return from;
    }
}

// --- composition ---

// a & b: both transforms (a's first), both biases, the keys that both see, and the sink that one of them may have.
template <score_policy A, score_policy B>
struct both {
    static_assert(!sinking<A> || !sinking<B>, "a row has one sink at most");
    A a;
    B b;

    template <class V, class K>
        requires(transforming<A> || transforming<B>)
    V transform(V score, const query& q, const K& k)
    const { return transformed(b, transformed(a, score, q, k), q, k); }
    template <class K>
        requires(biasing<A> || biasing<B>)
    score_of<K> bias(const query& q, const K& k)
    const {
        if constexpr (!biasing<A>) {
            return bias_of(b, q, k);
        } else if constexpr (!biasing<B>) {
            return bias_of(a, q, k);
        } else {
            return bias_of(a, q, k) + bias_of(b, q, k);
        }
    }
    template <class K>
        requires(masking<A> || masking<B>)
    truth_of<K> live(const query& q, const K& k)
    const { return is_live(a, q, k) && is_live(b, q, k); }
    float sink(const query& q) const
        requires(sinking<A> || sinking<B>)
    { return std::max(sink_of(a, q), sink_of(b, q)); }
    cover covers(range rows, range cols) const {
        const cover x = cover_of(a, rows, cols);
        return x == cover::none ? x : std::min(x, cover_of(b, rows, cols));
    }
    index_t next(range rows, index_t from) const { return std::max(next_of(a, rows, from), next_of(b, rows, from)); }
};

// a | b: the keys that either sees.
template <mask_policy A, mask_policy B>
struct either {
    A a;
    B b;

    template <class K>
    truth_of<K> live(const query& q, const K& k) const {
        return is_live(a, q, k) || is_live(b, q, k);
    }
    cover covers(range rows, range cols) const { return std::max(cover_of(a, rows, cols), cover_of(b, rows, cols)); }
    index_t next(range rows, index_t from) const { return std::min(next_of(a, rows, from), next_of(b, rows, from)); }
};

template <score_policy A, score_policy B>
constexpr both<A, B> operator&(A a, B b) {
    return {a, b};
}
template <mask_policy A, mask_policy B>
constexpr either<A, B> operator|(A a, B b) {
    return {a, b};
}

}
