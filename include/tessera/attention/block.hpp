// A tile of query rows against one span of keys: the function that prefill and decode share, so that their bits agree.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include "tessera/attention/heads.hpp"
#include "tessera/attention/policy.hpp"
#include "tessera/attention/products.hpp"
#include "tessera/attention/softmax_state.hpp"
#include "tessera/core/ragged.hpp"
#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// What attention is computed from and where it goes.
template <class T>
struct operands {
    view<const float> q;                      // [rows, query heads · key_dim]
    view<float> out;                          // [rows, query heads · value_dim]
    std::span<const std::int32_t> positions;  // [rows]
    ragged batch;                             // rows of each sequence
    std::span<const key_blocks<T>> keys;      // of each sequence; the last row's own key is the last place
    attention::heads heads;
    float* sums = nullptr;  // (m, l) of each row and query head, if wanted

    void check() const {
        assert(q.extent(1) == heads.query * heads.key_dim && out.extent(1) == heads.query * heads.value_dim);
        assert(q.extent(0) == batch.rows() && out.extent(0) == batch.rows() &&
               positions.size() == std::size_t(batch.rows()));
        assert(q.stride(1) == 1 && out.stride(1) == 1 && heads.query % heads.key == 0);
        assert(index_t(keys.size()) == batch.sequences());
        for ([[maybe_unused]] const key_blocks<T>& k : keys)
            assert(k.layout ==
                   (key_block_layout{heads.key, heads.key_dim, heads.value_dim, sizeof(T), heads.values_in_keys}));
    }
};

// Rows of a tile; whole register tiles of every instruction set, few enough for queries and a panel of keys in 32 KiB.
inline constexpr index_t tile_rows = 48;
static_assert(tile_rows % tile_height == 0 && tile_rows % 16 == 0);

// Rows that share a key head, so that its keys are read once: row r is token r / group, head r % group of the group.
struct tile {
    index_t sequence;
    index_t key_head;
    range rows;
};

inline range hull_of(std::span<const std::int32_t> positions) {
    std::int32_t low = positions[0], high = positions[0];
    for (std::int32_t p : positions) low = std::min(low, p), high = std::max(high, p);
    return {low, index_t(high) + 1};
}

// One worker's scratch and the tile that it is at.
template <score_policy P, class T>
class tile_pass {
public:
    static index_t floats_needed(const heads& h) {
        const index_t stride = round_up(h.value_dim, value_unit);
        return tile_rows * (h.key_dim + score_stride) + 2 * softmax_state::floats_needed(tile_rows, stride) +
               (h.values_in_keys ? key_span * value_columns : 0);
    }

    tile_pass(const operands<T>& at, const P& policy, float* scratch) : at_(at), policy_(policy) {
        const index_t stride = round_up(at.heads.value_dim, value_unit);
        q_ = scratch;
        scores_ = q_ + tile_rows * at.heads.key_dim;
        state_ = softmax_state::over(scores_ + tile_rows * score_stride, tile_rows, stride);
        part_ = softmax_state::over(state_.o + tile_rows * stride, tile_rows, stride);
        values_ = reinterpret_cast<T*>(part_.o + tile_rows * stride);
    }

    // The tile's own (m, l, O).
    const softmax_state& state() const { return state_; }
    index_t rows() const { return rows_; }

    // Goes to a tile: scales its queries, and notes who they are.
    void begin(const tile& t) {
        tile_ = t;
        keys_ = &at_.keys[std::size_t(t.sequence)];
        rows_ = t.rows.size();
        const range sequence = at_.batch[t.sequence];
        const index_t dim = at_.heads.key_dim, group = at_.heads.group();
        for (index_t r = 0; r < rows_; ++r) {
            const index_t token = (t.rows.begin + r) / group, head = t.key_head * group + (t.rows.begin + r) % group;
            const index_t row = sequence.begin + token;
            position_[r] = at_.positions[std::size_t(row)];
            place_[r] = std::int32_t(keys_->places.end - sequence.size() + token);
            head_[r] = std::int32_t(head);
            const float* from = at_.q.data() + row * at_.q.stride(0) + head * dim;
            scale(from, dim, q_ + r * dim);
        }
        hull_ = hull_of({position_, std::size_t(rows_)});
        for (index_t r = 0; r < rows_; r += tile_height)
            group_hull_[r / tile_height] =
                hull_of({position_ + r, std::size_t(std::min<index_t>(tile_height, rows_ - r))});
    }

    // Calls visit(span) for those of the sequence's spans `which` that may hold a live key; where positions are places
    // the others are passed over by arithmetic.
    template <class F>
    void each_span(range which, F visit) const {
        for (index_t i = which.begin; i < which.end; ++i) {
            if (keys_->consecutive) {
                const index_t next = next_of(policy_, hull_, keys_->span_at(i) * key_span);
                if (next >= keys_->places.end) return;
                i = std::max(i, keys_->index_of(next / key_span));
                if (i >= which.end) return;
            }
            visit(keys_->span_at(i));
        }
    }

    // into = into ⊕ (m, l, O) of a span, which is computed from nothing.
    void add(index_t span, const softmax_state& into) {
        if (!score(span)) return;
        softmax(part_.m, part_.l);
        weigh(span);
        merge(into, part_, rows_);
    }

    // out = O / l; zeros for rows that saw no key.
    void finish(const softmax_state& s) const {
        const index_t group = at_.heads.group(), dim = at_.heads.value_dim;
        for (index_t r = 0; r < rows_; ++r) {
            const index_t row = at_.batch[tile_.sequence].begin + (tile_.rows.begin + r) / group;
            const row_end end = end_of(s, r);
            const float* o = s.o + r * s.stride;
            float* out = at_.out.data() + row * at_.out.stride(0) + head_[r] * dim;
            index_t i = 0;  // adding +0 makes one zero of both
            for (; i + simd::lanes <= dim; i += simd::lanes)
                simd::store(simd::fmadd(simd::load(o + i), simd::floats(end.factor), simd::zero()), out + i);
            for (; i < dim; ++i) out[i] = simd::fmadd(o[i], end.factor, 0.0f);
            if (at_.sums != nullptr) {
                float* sums = at_.sums + 2 * (row * at_.heads.query + head_[r]);
                sums[0] = end.m;
                sums[1] = end.l;
            }
        }
    }

    // Calls add(head, place, weight) for the final weights of a span's keys; needs the operands' sums.
    template <class F>
    void each_weight(index_t span, F add) {
        if (!score(span)) return;
        for (index_t r = 0; r < rows_; ++r) {
            const index_t row = at_.batch[tile_.sequence].begin + (tile_.rows.begin + r) / at_.heads.group();
            const float* sums = at_.sums + 2 * (row * at_.heads.query + head_[r]);
            for (index_t b = 0; sums[1] != 0.0f && b < span_blocks; ++b)
                for (index_t i = live(r, b).begin; i < live(r, b).end; ++i)
                    add(head_[r], span * key_span + i, simd::exp(scores_[r * score_stride + i] - sums[0]) / sums[1]);
        }
    }

private:
    static constexpr index_t span_blocks = key_span / key_block;
    static constexpr index_t score_stride = key_span + 16;  // rows a power of two apart would share a set of the cache
    static constexpr index_t value_columns = 4 * value_unit;    // as many as go through a product together
    static constexpr index_t groups = tile_rows / tile_height;  // rows that go through a register tile together

    // The lanes of the span outside which, within its block b, a row sees no key; scores outside are not written.
    range& live(index_t row, index_t b) { return live_[row / tile_height][b]; }

    void scale(const float* from, index_t n, float* to) const {
        index_t i = 0;
        for (; i + simd::lanes <= n; i += simd::lanes)
            simd::store(simd::load(from + i) * simd::floats(at_.heads.scale), to + i);
        for (; i < n; ++i) to[i] = from[i] * at_.heads.scale;
    }

    // Edited scores of a span; false when no row sees a key of it.
    bool score(index_t span) {
        const index_t step = units_at_once(std::min<index_t>(rows_, tile_height));
        bool any = false;
        for (index_t b = 0; b < span_blocks; ++b) {
            for (index_t g = 0; g < groups; ++g) live_[g][b] = {};
            if (!locate(span * span_blocks + b)) continue;
            for (index_t u = 0; u < key_block / key_lanes; u += step)
                for (index_t r = 0; r < rows_; r += tile_height)
                    any |= score_units({r, std::min(r + tile_height, rows_)}, {u * key_lanes, (u + step) * key_lanes});
        }
        return any;
    }

    // Goes to block b; false when no row can see any of its keys.
    bool locate(index_t b) {
        block_ = b;
        lanes_ = keys_->lanes(b);
        if (lanes_.empty()) return false;
        const std::int32_t* stored = keys_->positions(b);
        key_position_ = stored;
        if (lanes_.size() < key_block) {  // what lies outside may be anything, which no policy needs to know
            std::fill_n(clean_, key_block, stored[lanes_.begin]);
            std::copy(stored + lanes_.begin, stored + lanes_.end, clean_ + lanes_.begin);
            key_position_ = clean_;
        }
        block_cover_ = cover_of(policy_, hull_, hull_of_lanes(lanes_));
        return block_cover_ != cover::none;
    }
    range hull_of_lanes(range lanes) const {
        if (keys_->consecutive) return {block_ * key_block + lanes.begin, block_ * key_block + lanes.end};
        return hull_of({key_position_ + lanes.begin, std::size_t(lanes.size())});
    }

    // Scores of a register tile of rows against some panels of the block; false when none of the rows sees one of them.
    bool score_units(range rows, range panels) {
        const range lanes = panels & lanes_;
        const index_t at = block_ % span_blocks * key_block;
        float* s = scores_ + rows.begin * score_stride + at + panels.begin;
        cover c = lanes.empty() ? cover::none : block_cover_;
        if (c == cover::partial) c = cover_of(policy_, group_hull_[rows.begin / tile_height], hull_of_lanes(lanes));
        if (c == cover::none) {
            for (index_t r = 0; r < rows.size(); ++r) std::fill_n(s + r * score_stride, panels.size(), masked);
            return false;
        }
        const index_t dim = at_.heads.key_dim;
        score_product(q_ + rows.begin * dim, rows.size(), dim, keys_->keys(block_, tile_.key_head) + panels.begin * dim,
                      panels.size() / key_lanes, s, score_stride);
        edit(rows, panels, s, c == cover::partial);
        if (lanes.size() < panels.size()) hide(rows, panels, s);
        range& seen = live(rows.begin, block_ % span_blocks);
        seen = {seen.empty() ? at + lanes.begin : seen.begin, at + lanes.end};
        return true;
    }

    query query_of(index_t r) const { return {position_[r], place_[r], head_[r], std::int32_t(tile_.sequence)}; }

    row_end end_of(const softmax_state& s, index_t r) const {
        if constexpr (sinking<P>) {
            return end_with_sink(s.m[r], s.l[r], policy_.sink(query_of(r)));
        } else {
            return {s.m[r], s.l[r], s.l[r] == 0.0f ? 0.0f : 1.0f / s.l[r]};
        }
    }

    void edit(range rows, range panels, float* s, bool partial) {
        if constexpr (transforming<P> || biasing<P>) {
            partial ? edit_rows<true>(rows, panels, s) : edit_rows<false>(rows, panels, s);
        } else if constexpr (masking<P>) {
            if (partial) edit_rows<true>(rows, panels, s);
        }
    }

    template <bool Mask>
    void edit_rows(range rows, range panels, float* s) {
        for (index_t r = rows.begin; r < rows.end; ++r, s += score_stride) {
            const query q = query_of(r);
            for (index_t i = 0; i < panels.size(); i += simd::lanes) {
                const index_t lane = panels.begin + i;
                const key_vector k{simd::load_ints(key_position_ + lane),
                                   simd::iota() + simd::ints(std::int32_t(block_ * key_block + lane))};
                simd::floats x = transformed(policy_, simd::load(s + i), q, k);
                if constexpr (biasing<P>) x = x + bias_of(policy_, q, k);
                if constexpr (Mask) x = simd::select(is_live(policy_, q, k), x, simd::floats(masked));
                simd::store(x, s + i);
            }
        }
    }

    // Lanes outside the live places never count, whatever they hold.
    void hide(range rows, range panels, float* s) const {
        for (index_t r = 0; r < rows.size(); ++r, s += score_stride)
            for (index_t i = 0; i < panels.size(); ++i)
                if (!lanes_.contains(panels.begin + i)) s[i] = masked;
    }

    // Scores become weights exp(s - m); the sum over the lanes has one order, in which keys that are not seen add
    // nothing.
    void softmax(float* m, float* l) {
        for (index_t r = 0; r < rows_; ++r) {
            float* s = scores_ + r * score_stride;
            simd::floats top(masked), sum = simd::zero();
            each_vector(r, [&](index_t i) { top = simd::max(top, simd::load(s + i)); });
            m[r] = simd::reduce_max(top);
            const simd::floats base(finite(m[r]));
            each_vector(r, [&](index_t i) {
                const simd::floats p = simd::exp(simd::load(s + i) - base);
                sum = sum + p;
                simd::store(p, s + i);
            });
            l[r] = simd::reduce_add(sum);
        }
    }
    template <class F>
    void each_vector(index_t row, F f) {
        for (index_t b = 0; b < span_blocks; ++b) {
            const range lanes = live(row, b);
            for (index_t i = lanes.begin / simd::lanes * simd::lanes; i < lanes.end; i += simd::lanes) f(i);
        }
    }

    // O of the span: each element one chain over its places.
    void weigh(index_t span) {
        const index_t units = part_.stride / value_unit, step = units_at_once(std::min<index_t>(rows_, tile_height));
        for (index_t u = 0; u < units; u += step) {
            if (keys_->layout.values_in_keys) gather_values(span, u * value_unit);
            for (index_t r = 0; r < rows_; r += tile_height)
                weigh_units(span, {r, std::min(r + tile_height, rows_)}, u * value_unit, std::min(step, units - u));
        }
    }

    // Puts some columns of the span's values side by side, out of the keys whose lanes they are.
    void gather_values(index_t span, index_t column) {
        const index_t columns = std::min(value_columns, at_.heads.value_dim - column);
        for (index_t b = 0; b < span_blocks; ++b) {
            const range lanes = keys_->lanes(span * span_blocks + b);
            if (lanes.empty()) continue;
            const T* panels = keys_->keys(span * span_blocks + b, tile_.key_head);
            for (index_t panel = 0; panel < key_block / key_lanes; ++panel)
                turn_panel(panels + (panel * at_.heads.key_dim + column) * key_lanes, columns,
                           values_ + (b * key_block + panel * key_lanes) * value_columns);
        }
    }
    static void turn_panel(const T* from, index_t columns, T* to) {
        for (index_t c = 0; c < columns; ++c)
            for (index_t lane = 0; lane < key_lanes; ++lane) to[lane * value_columns + c] = from[c * key_lanes + lane];
        for (index_t lane = 0; lane < key_lanes && columns < value_columns; ++lane)
            std::fill_n(to + lane * value_columns + columns, value_columns - columns, T(0.0f));
    }

    void weigh_units(index_t span, range rows, index_t column, index_t units) {
        float* o = part_.o + rows.begin * part_.stride + column;
        bool begun = false;
        for (index_t b = 0; b < span_blocks; ++b) {
            const range lanes = live(rows.begin, b);
            if (lanes.empty()) continue;
            const bool gathered = keys_->layout.values_in_keys;
            const T* values = gathered ? values_ + b * key_block * value_columns
                                       : keys_->values(span * span_blocks + b, tile_.key_head) + column;
            const index_t stride = gathered ? value_columns : part_.stride;
            value_product(scores_ + rows.begin * score_stride + lanes.begin, score_stride, rows.size(),
                          values + (lanes.begin - b * key_block) * stride, stride, lanes.size(), units, o, part_.stride,
                          begun);
            begun = true;
        }
        for (index_t r = 0; !begun && r < rows.size(); ++r) std::fill_n(o + r * part_.stride, units * value_unit, 0.0f);
    }

    const operands<T>& at_;
    const P& policy_;
    tile tile_{};
    const key_blocks<T>* keys_ = nullptr;
    index_t rows_ = 0;
    range hull_;                // positions of the rows,
    range group_hull_[groups];  // and of those that go through a register tile together
    float* q_;                  // [tile_rows, key_dim], scaled
    float* scores_;             // [tile_rows, score_stride]
    softmax_state state_;
    softmax_state part_;  // of the span at hand
    T* values_;           // [key_span, value_columns], where values lie in keys
    std::int32_t position_[tile_rows], place_[tile_rows], head_[tile_rows];
    range live_[groups][span_blocks];

    // The block at hand.
    index_t block_ = 0;
    cover block_cover_ = cover::none;
    range lanes_;                                 // live ones
    const std::int32_t* key_position_ = nullptr;  // [key_block]
    std::int32_t clean_[key_block];
};

}
