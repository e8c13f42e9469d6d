// Checks a cache, yours or ours: random appends, commits, roll-backs and forks against plain lists of rows. Needs no
// test framework: print the report's failure when it is not empty.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tessera/cache/cache.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/random.hpp"

namespace tessera::inline TESSERA_ABI::testing {

struct cache_limits {
    index_t places = 300;  // the cache must take so many, and refuse more with errc::capacity unless `grows`
    index_t chunk = 40;    // rows appended at once
    index_t steps = 300;
    bool grows = false;
    std::uint64_t seed = 1;
};

struct cache_report {
    index_t steps = 0;
    std::string failure;  // what went wrong at which step, in words
    explicit operator bool() const { return failure.empty(); }
};

namespace cache_check {

// What a layer should hold: every row ever kept, and those still tentative.
struct row {
    std::int32_t position;
    std::uint64_t content;  // its key and value are draws from this seed
};
struct list {
    std::vector<row> rows;
    std::size_t committed = 0;
};

inline float element(const row& r, index_t i) { return 2.0f * random_uniform(r.content, std::uint64_t(i)) - 1.0f; }

template <cache::cache C>
class model {
public:
    model(C subject, cache::layout l, const cache_limits& limits)
        : subject_(std::move(subject)), layout_(l), limits_(limits), lists_(l.size()) {}

    // One random operation; empty when what it should do was done.
    std::string step(std::uint64_t dice) {
        std::uint64_t drawn = 0;
        const auto below = [&](index_t most) { return index_t(random_bits(dice, drawn++) % std::uint64_t(most)); };
        switch (below(6)) {
            case 0: return truncate(below(next_ + 1));
            case 1: return fork_and_spoil(dice);
            case 2: return append(1 + below(limits_.chunk), dice, [&](index_t) { return below(3) != 0; });
            case 3: return append(1 + below(4), dice, [](index_t) { return true; });
            default: return append(1 + below(limits_.chunk), dice, [](index_t) { return true; });
        }
    }

    std::string compare() {
        for (index_t i = 0; i < subject_.layers(); ++i) {
            const list& want = lists_[std::size_t(i)];
            const auto keys = subject_.view(i);
            const auto found = [&](const char* what, index_t place) {
                return std::string(what) + " of place " + std::to_string(place) + " in layer " + std::to_string(i);
            };
            if (subject_.length(i) != index_t(want.committed)) return "length of layer " + std::to_string(i);
            if (keys.places.end != index_t(want.rows.size())) return "end of layer " + std::to_string(i);
            const index_t window = layout_[std::size_t(i)].window;
            const index_t needed = index_t(want.committed) - (window - 1);
            if (keys.places.begin > (window == 0 ? 0 : std::max<index_t>(0, needed)))
                return "layer " + std::to_string(i) + " has forgotten what its window shows";
            for (index_t p = 0; p < keys.places.end; ++p) {
                if (p >= keys.pinned && p < keys.places.begin) continue;
                const row& r = want.rows[std::size_t(p)];
                if (keys.position(p) != r.position) return found("position", p);
                if (keys.consecutive && r.position != p) return found("claim of consecutiveness", p);
                for (index_t h = 0; h < keys.layout.heads; ++h)
                    if (!holds(keys, r, p, h)) return found("content", p);
            }
        }
        return {};
    }

private:
    using stored = typename C::stored;

    static bool holds(const key_blocks<stored>& keys, const row& r, index_t place, index_t head) {
        const index_t k = keys.layout.key_dim, v = keys.layout.values_in_keys ? 0 : keys.layout.value_dim;
        for (index_t d = 0; d < k; ++d)
            if (float(keys.key(place, head)[d * key_lanes]) != float(stored(element(r, head * k + d)))) return false;
        for (index_t d = 0; d < v; ++d)
            if (float(keys.value(place, head)[d]) != float(stored(element(r, -1 - (head * v + d))))) return false;
        return true;
    }

    // Rows for the layers that take part, then one of the ways to decide about them.
    template <class F>
    std::string append(index_t n, std::uint64_t dice, F takes_part) {
        std::vector<row> rows;
        std::vector<std::int32_t> positions;
        for (index_t i = 0; i < n; ++i) {  // two of them may share a position, as in a tree
            positions.push_back(std::int32_t(next_ + (n > 2 && i == n - 1 ? i - 1 : i)));
            rows.push_back({positions.back(), random_bits(dice, std::uint64_t(1000 + i))});
        }
        for (index_t l = 0; l < subject_.layers(); ++l) {
            if (!takes_part(l)) continue;
            list& want = lists_[std::size_t(l)];
            if (index_t(want.rows.size()) + n > limits_.places && !limits_.grows) {
                if (!refuses(l, positions)) return "layer " + std::to_string(l) + " took more than its capacity";
                continue;
            }
            const range places = subject_.append(l, positions);
            if (places != range{index_t(want.rows.size()), index_t(want.rows.size()) + n}) return "places of an append";
            write(l, places, rows);
            want.rows.insert(want.rows.end(), rows.begin(), rows.end());
        }
        if (std::string wrong = compare(); !wrong.empty()) return "after append: " + wrong;
        return decide(n, dice);
    }

    bool refuses(index_t layer, std::span<const std::int32_t> positions) {
        try {
            subject_.append(layer, positions);
        } catch (const error& e) {
            return e.code() == errc::capacity;
        }
        return false;
    }

    void write(index_t layer, range places, std::span<const row> rows) {
        const auto keys = subject_.view(layer);
        std::vector<float> k(std::size_t(keys.layout.heads * keys.layout.key_dim));
        std::vector<float> v(std::size_t(keys.layout.heads * keys.layout.value_dim));
        for (index_t p = places.begin; p < places.end; ++p) {
            const row& r = rows[std::size_t(p - places.begin)];
            for (std::size_t i = 0; i < k.size(); ++i) k[i] = element(r, index_t(i));
            for (std::size_t i = 0; i < v.size(); ++i) v[i] = element(r, -1 - index_t(i));
            keys.write(p, r.position, k.data(), v.data());
        }
    }

    std::string decide(index_t n, std::uint64_t dice) {
        std::vector<index_t> path;
        for (index_t i = 0; i < n; ++i)
            if (random_bits(dice, std::uint64_t(2000 + i)) % 3 != 0 && i != n - 1) path.push_back(i);
        const bool all = random_bits(dice, 3000) % 2 == 0;
        for (list& l : lists_) {
            if (l.rows.size() > l.committed && !all) {
                std::vector<row> kept(l.rows.begin(), l.rows.begin() + index_t(l.committed));
                for (index_t i : path) kept.push_back(l.rows[l.committed + std::size_t(i)]);
                l.rows = kept;
            }
            l.committed = l.rows.size();
            if (!l.rows.empty()) next_ = std::max(next_, index_t(l.rows.back().position) + 1);
        }
        all ? subject_.commit() : subject_.commit(path);
        return {};
    }

    std::string truncate(index_t position) {
        const index_t most = subject_.capacity_to_roll_back();
        for (const list& l : lists_)
            if (std::count_if(l.rows.begin(), l.rows.end(), [&](const row& r) { return r.position >= position; }) >
                most)
                return {};
        for (list& l : lists_) {
            while (!l.rows.empty() && l.rows.back().position >= position) l.rows.pop_back();
            l.committed = l.rows.size();
        }
        next_ = position;
        return subject_.truncate(position) == position ? "" : "truncate() went back further than it had to";
    }

    // What happens to a fork is never seen by what it was forked from.
    std::string fork_and_spoil(std::uint64_t dice) {
        const C& seen = subject_;
        model other(seen.fork(), layout_, limits_);
        other.lists_ = lists_;
        other.next_ = next_;
        if (std::string wrong = other.compare(); !wrong.empty()) return "in a fork: " + wrong;
        if (std::string wrong = other.append(3, dice + 1, [](index_t) { return true; }); !wrong.empty())
            return "in a fork: " + wrong;
        return {};
    }

    C subject_;
    cache::layout layout_;
    cache_limits limits_;
    std::vector<list> lists_;
    index_t next_ = 0;  // position
};

}

// `fresh` is an empty cache made for this layout.
template <cache::cache C>
cache_report check_cache(C fresh, cache::layout l, const cache_limits& limits = {}) {
    cache_report report;
    if (fresh.layers() != index_t(l.size())) return {0, "layers() differs from the layout's"};
    cache_check::model<C> model(std::move(fresh), l, limits);
    for (; report.steps < limits.steps && report.failure.empty(); ++report.steps) {
        report.failure = model.step(random_bits(limits.seed, std::uint64_t(report.steps)));
        if (report.failure.empty()) report.failure = model.compare();
        if (!report.failure.empty()) report.failure = "step " + std::to_string(report.steps) + ": " + report.failure;
    }
    return report;
}

}
