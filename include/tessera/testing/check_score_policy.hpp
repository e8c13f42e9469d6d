// Checks a score policy, yours or ours: every kernel and storage against the double-precision definition and each
// other, and the claims by which work is skipped. Needs no test framework: print the report's failure when it is not
// empty.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "tessera/attention/attend.hpp"
#include "tessera/attention/reference.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/random.hpp"

namespace tessera::inline TESSERA_ABI::testing {

// Within what the policy can be asked.
struct policy_limits {
    index_t positions = 1100;  // positions are below this
    index_t query_heads = 12;  // heads are below this
    index_t cases = 40;
    double tolerance = 5e-5;  // of an output, values being within ±1
    std::uint64_t seed = 1;
};

struct policy_report {
    index_t cases = 0;
    double worst = 0;     // the largest difference from the definition
    std::string failure;  // the first failing case in words
    explicit operator bool() const { return failure.empty(); }
};

namespace policy_check {

// Draws that depend on the seed and their number only.
class dice {
public:
    explicit dice(std::uint64_t seed) : seed_(seed) {}
    float real() { return 2.0f * random_uniform(seed_, drawn_++) - 1.0f; }
    index_t below(index_t n) { return index_t(random_bits(seed_, drawn_++) % std::uint64_t(n)); }
    index_t one_of(std::initializer_list<index_t> choices) { return choices.begin()[below(index_t(choices.size()))]; }

private:
    std::uint64_t seed_, drawn_ = 0;
};

// Five workers that run in the wrong order.
struct reversed_executor {
    static constexpr index_t concurrency() { return 5; }
    static void run(index_t n, index_t grain, exec::task_ref f) {
        for (index_t w = concurrency() - 1; w >= 0; --w)
            if (const range share = share_of(n, grain, w, concurrency()); !share.empty()) f(share, w);
    }
};

// One sequence in blocks that lie in any order, with NaN wherever nothing was written.
template <class T>
struct stored_sequence {
    tensor<std::byte, 1> memory;
    std::vector<std::int32_t> table;
    key_blocks<T> keys;

    stored_sequence(const attention::heads& h, std::span<const std::int32_t> positions, index_t first, dice& d) {
        const key_block_layout layout{h.key, h.key_dim, h.value_dim, sizeof(T), h.values_in_keys};
        const index_t n = index_t(positions.size()), blocks = ceil_div(n, key_block);
        memory = tensor<std::byte, 1>({blocks * layout.bytes()});
        std::memset(memory.data(), 0xff, std::size_t(memory.bytes()));
        for (index_t b = 0; b < blocks; ++b) table.insert(table.begin() + d.below(b + 1), std::int32_t(b));
        keys = {
            .base = memory.data(), .stride = layout.bytes(), .table = table, .layout = layout, .places = {first, n}};
        keys.consecutive = true;
        std::vector<float> k(std::size_t(h.key * h.key_dim)), v(std::size_t(h.key * h.value_dim));
        for (index_t p = 0; p < n; ++p) {
            for (float& x : k) x = 2 * d.real();
            for (float& x : v) x = d.real();
            if (p < first) continue;
            const std::int32_t at = positions[std::size_t(p)];
            keys.position(p) = at;
            keys.consecutive = keys.consecutive && at == p;
            attention::write_rows(keys, p, view<const float>(k.data(), {1, index_t(k.size())}),
                                  view<const float>(v.data(), {1, index_t(v.size())}));
        }
    }
};

// Some sequences, each with rows of queries at the end of its places.
template <class T>
struct batch_case {
    attention::heads heads;
    std::vector<stored_sequence<T>> sequences;
    std::vector<key_blocks<T>> keys;
    std::vector<index_t> offsets{0};
    std::vector<std::int32_t> positions;
    tensor<float> q, out;
    std::string words;

    attention::operands<T> operands() { return {q.view(), out.view(), positions, {offsets}, keys, heads}; }
};

template <class T>
batch_case<T> draw(const policy_limits& limits, dice& d) {
    batch_case<T> c;
    c.heads.key = d.one_of({1, 2, 3});
    c.heads.query = std::min(c.heads.key * d.one_of({1, 2, 3, 4}), limits.query_heads / c.heads.key * c.heads.key);
    c.heads.key = std::min(c.heads.key, c.heads.query);
    c.heads.key_dim = d.one_of({4, 8, 16, 33});
    c.heads.value_dim = d.one_of({3, 8, 16, 20, 36});
    c.heads.values_in_keys = d.below(4) == 0;
    if (c.heads.values_in_keys) c.heads.value_dim = std::min(c.heads.value_dim, c.heads.key_dim);
    c.heads.scale = 1.0f / std::sqrt(float(c.heads.key_dim));
    c.words = std::to_string(c.heads.query) + " query heads on " + std::to_string(c.heads.key) + " of " +
              std::to_string(c.heads.key_dim) + " and " + std::to_string(c.heads.value_dim) +
              (c.heads.values_in_keys ? ", values in keys" : "") + (sizeof(T) == 2 ? ", f16" : ", f32");
    for (index_t left = d.one_of({1, 1, 2, 3}); left > 0; --left) {
        const index_t room = limits.positions;
        const index_t rows = std::min(room, d.one_of({1, 1, 2, 5, 16, 17, 48, 49, 65, 130}));
        const index_t past =
            std::min(room - rows, d.one_of({0, 0, 1, 47, 63, 64, 65, 190, 255, 256, 300, 520, 700, 900}));
        const bool gaps = d.below(3) == 0;  // some positions were evicted
        std::vector<std::int32_t> at;
        for (std::int32_t p = 0; p < room && index_t(at.size()) < past + rows; ++p)
            if (!gaps || room - p <= past + rows - index_t(at.size()) || d.below(4) != 0) at.push_back(p);
        const index_t first = past > 10 && d.below(3) == 0 ? d.below(past) : 0;
        c.sequences.emplace_back(c.heads, at, first, d);
        c.keys.push_back(c.sequences.back().keys);
        c.offsets.push_back(c.offsets.back() + rows);
        c.positions.insert(c.positions.end(), at.end() - rows, at.end());
        c.words += "; " + std::to_string(rows) + " rows at the end of places " + std::to_string(first) + " to " +
                   std::to_string(past + rows) + (gaps ? " with gaps" : "");
    }
    for (std::size_t s = 0; s < c.keys.size(); ++s) c.keys[s].table = c.sequences[s].table;
    c.q = tensor<float>({c.offsets.back(), c.heads.query * c.heads.key_dim});
    for (float& x : c.q.flat()) x = 2 * d.real();
    c.out = tensor<float>({c.offsets.back(), c.heads.query * c.heads.value_dim});
    return c;
}

// Whether some head of this row sees a key at a place outside `places`.
template <attention::score_policy P, class T>
bool sees_outside(const batch_case<T>& c, const P& policy, index_t sequence, index_t row, range places) {
    const key_blocks<T>& keys = c.keys[std::size_t(sequence)];
    const index_t own = keys.places.end - (c.offsets[std::size_t(sequence) + 1] - row);
    for (index_t h = 0; h < c.heads.query; ++h)
        for (index_t j = keys.places.begin; j < keys.places.end; ++j)
            if (!places.contains(j) &&
                attention::is_live(policy,
                                   attention::query{c.positions[std::size_t(row)], std::int32_t(own), std::int32_t(h),
                                                    std::int32_t(sequence)},
                                   attention::key{keys.position(j), std::int32_t(j)}))
                return true;
    return false;
}

inline bool same_bits(view<const float> a, view<const float> b, index_t row) {
    return std::memcmp(a[row].data(), b[row].data(), std::size_t(a.extent(1)) * sizeof(float)) == 0;
}

// attend() on rows [from, to) of one sequence alone, whose places end with the last of them.
template <attention::score_policy P, class T>
void attend_alone(batch_case<T>& c, const P& policy, index_t sequence, range rows, range places, tensor<float>& out,
                  workspace& scratch, exec::executor_ref executor) {
    std::vector<index_t> offsets(std::size_t(sequence) + 1, 0);  // empty sequences before it keep its number
    offsets.push_back(rows.size());
    std::vector<key_blocks<T>> keys(c.keys.begin(), c.keys.begin() + sequence + 1);
    keys.back().places = places;
    attention::attend<P, T>(c.q.view().slice(rows), out.view().slice(rows),
                            std::span(c.positions).subspan(std::size_t(rows.begin), std::size_t(rows.size())),
                            {offsets}, keys, c.heads, policy, scratch, executor);
}

// Empty when all is well, else what went wrong.
template <class T, attention::score_policy P>
std::string run_case(const P& policy, const policy_limits& limits, dice& d, double& worst) {
    batch_case<T> c = draw<T>(limits, d);
    const auto at = c.operands();
    const exec::inline_executor one;
    const reversed_executor five;
    const auto measured = [&](auto& executor) {
        workspace w = workspace::measuring();
        attention::attend<P, T>(at.q, at.out, at.positions, at.batch, at.keys, at.heads, policy, w, executor);
        return workspace(w.high_water());
    };
    workspace scratch = measured(five);

    attention::reference(at, policy);
    const tensor<float> wanted = c.out;
    attention::flash(at, policy, scratch, one);
    const tensor<float> got = c.out;
    for (index_t row = 0; row < got.extent(0); ++row)
        for (index_t i = 0; i < got.extent(1); ++i) {
            const double off = std::fabs(double(got(row, i)) - double(wanted(row, i)));
            if (!(off <= worst)) worst = off;
            if (!(off <= limits.tolerance))
                return c.words + ": row " + std::to_string(row) + ", head " + std::to_string(i / c.heads.value_dim) +
                       " differs from the definition by " + std::to_string(off);
        }
    const auto differs = [&](const char* how, index_t row) {
        return c.words + ": row " + std::to_string(row) + " has other bits " + how;
    };
    for (const bool split : {true, false}) {
        std::fill_n(c.out.data(), c.out.size(), NAN);
        split ? attention::split_kv(at, policy, scratch, five) : attention::flash(at, policy, scratch, five);
        for (index_t row = 0; row < got.extent(0); ++row)
            if (!same_bits(got, c.out, row))
                return differs(split ? "when its keys are shared out" : "with five workers", row);
    }
    for (index_t s = 0; s < at.batch.sequences(); ++s) {
        const range rows = at.batch[s], places = c.keys[std::size_t(s)].places;
        const range cut{rows.begin, rows.begin + 1 + d.below(rows.size())};
        const range seen{places.begin + d.below(places.size() - rows.size() + 1), places.end - (rows.end - cut.end)};
        attend_alone(c, policy, s, cut, seen, c.out, scratch, five);
        for (index_t row = cut.begin; row < cut.end; ++row)
            if (!same_bits(got, c.out, row) && !sees_outside(c, policy, s, row, seen))
                return differs("alone, in a shorter chunk or with fewer keys stored", row);
    }
    return {};
}

// What covers() and next() claim about some rows, for keys from every position on.
template <attention::score_policy P>
std::string check_claims(const P& policy, const policy_limits& limits, dice& d) {
    const index_t n = limits.positions, width = d.one_of({1, 7, 16, 64});
    const index_t begin = d.below(n), end = std::min(n, begin + d.one_of({1, 1, 6, 48}));
    std::vector<bool> seen(std::size_t(n), false), by_all(std::size_t(n), true);  // by some row, by every row
    for (index_t i = begin; i < end; ++i)
        for (index_t j = 0; j < n; ++j) {
            const auto p = std::int32_t(i), k = std::int32_t(j);
            const bool live = attention::is_live(policy, attention::query{p, p, 0, 0}, attention::key{k, k});
            seen[std::size_t(j)] = seen[std::size_t(j)] || live;
            by_all[std::size_t(j)] = by_all[std::size_t(j)] && live;
        }
    const range rows{begin, end};
    const auto words = [](range r) { return "[" + std::to_string(r.begin) + ", " + std::to_string(r.end) + ")"; };
    index_t first_seen = attention::no_key;
    for (index_t j = n - 1; j >= 0; --j) {
        if (seen[std::size_t(j)]) first_seen = j;
        const range cols{j, std::min(n, j + width)};
        const attention::cover claim = attention::cover_of(policy, rows, cols);
        const auto holds = [&](index_t k) {
            return claim == attention::cover::none ? !seen[std::size_t(k)] : bool(by_all[std::size_t(k)]);
        };
        for (index_t k = cols.begin; k < cols.end && claim != attention::cover::partial; ++k)
            if (!holds(k))
                return "covers(rows " + words(rows) + ", keys " + words(cols) + ") is " +
                       (claim == attention::cover::full ? "full" : "none") + ", which is wrong for key " +
                       std::to_string(k);
        if (attention::next_of(policy, rows, j) > first_seen)
            return "next(rows " + words(rows) + ", " + std::to_string(j) + ") passes over key " +
                   std::to_string(first_seen);
    }
    return {};
}

// The vector form of each edit against the scalar one.
template <attention::score_policy P>
std::string check_vectors(const P& policy, const policy_limits& limits, dice& d) {
    constexpr index_t n = simd::lanes;
    const auto position = std::int32_t(d.below(limits.positions));
    const attention::query q{position, position, std::int32_t(d.below(limits.query_heads)), 0};
    std::int32_t at[n];
    float score[n], vector_score[n], vector_bias[n], vector_live[n];
    for (index_t l = 0; l < n; ++l) at[l] = std::int32_t(d.below(limits.positions)), score[l] = 8 * d.real();
    const attention::key_vector keys{simd::load_ints(at), simd::load_ints(at)};
    simd::store(attention::transformed(policy, simd::load(score), q, keys), vector_score);
    simd::store(attention::bias_of(policy, q, keys), vector_bias);
    simd::store(simd::select(attention::is_live(policy, q, keys), simd::floats(1.0f), simd::zero()), vector_live);
    const auto near = [](float a, float b) {
        return a == b || std::fabs(a - b) <= 1e-6f * (std::fabs(a) + std::fabs(b));
    };
    for (index_t l = 0; l < n; ++l) {
        const attention::key k{at[l], at[l]};
        const char* wrong = !near(attention::transformed(policy, score[l], q, k), vector_score[l]) ? "transform"
                            : !near(attention::bias_of(policy, q, k), vector_bias[l])              ? "bias"
                            : attention::is_live(policy, q, k) != (vector_live[l] != 0.0f)         ? "live"
                                                                                                   : nullptr;
        if (wrong != nullptr)
            return std::string(wrong) + " of query " + std::to_string(position) + " and key " + std::to_string(at[l]) +
                   " differs between its scalar and its vector form";
    }
    return {};
}

}

// Sweeps tile shapes, head groupings, ragged batches, chunkings, storages and stored types. A row may change its bits
// with what is stored only when it sees the difference.
template <attention::score_policy P>
policy_report check_score_policy(const P& policy, const policy_limits& limits = {}) {
    policy_report report;
    policy_check::dice d(limits.seed);
    for (index_t i = 0; i < limits.cases && report.failure.empty(); ++i)
        report.failure = policy_check::check_claims(policy, limits, d);
    for (index_t i = 0; i < 20 * limits.cases && report.failure.empty(); ++i)
        report.failure = policy_check::check_vectors(policy, limits, d);
    for (; report.cases < limits.cases && report.failure.empty(); ++report.cases)
        report.failure = report.cases % 3 == 2 ? policy_check::run_case<f16>(policy, limits, d, report.worst)
                                               : policy_check::run_case<float>(policy, limits, d, report.worst);
    return report;
}

}
