// A tile of query rows against one block of keys: the function that prefill and decode share, so that their bits agree.
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
        return tile_rows * h.key_dim + tile_rows * key_block + 2 * softmax_state::floats_needed(tile_rows, stride);
    }

    tile_pass(const operands<T>& at, const P& policy, float* scratch) : at_(at), policy_(policy) {
        const index_t stride = round_up(at.heads.value_dim, value_unit);
        q_ = scratch;
        scores_ = q_ + tile_rows * at.heads.key_dim;
        state_ = softmax_state::over(scores_ + tile_rows * key_block, tile_rows, stride);
        part_ = softmax_state::over(state_.o + tile_rows * stride, tile_rows, stride);
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
            for (index_t i = 0; i < dim; ++i) q_[r * dim + i] = from[i] * at_.heads.scale;
        }
        hull_ = hull_of({position_, std::size_t(rows_)});
    }

    // Calls visit(block) for those of the sequence's stored blocks `which` that may hold a live key; where positions
    // are places the others are passed over by arithmetic.
    template <class F>
    void each_block(range which, F visit) const {
        for (index_t i = which.begin; i < which.end; ++i) {
            if (keys_->consecutive) {
                const index_t next = next_of(policy_, hull_, keys_->block_at(i) * key_block);
                if (next >= keys_->places.end) return;
                i = std::max(i, keys_->index_of(next / key_block));
                if (i >= which.end) return;
            }
            visit(keys_->block_at(i));
        }
    }

    // into = into ⊕ (m, l, O) of block b, which is computed from nothing.
    void add(index_t b, const softmax_state& into) {
        if (!score(b)) return;
        softmax(part_.m, part_.l);
        const T* values = keys_->values(b, tile_.key_head);
        const index_t units = part_.stride / value_unit, step = units_at_once(std::min<index_t>(rows_, tile_height));
        for (index_t u = 0; u < units; u += step) weigh(values, u, std::min(step, units - u));
        merge(into, part_, rows_);
    }

    // out = O / l; zeros for rows that saw no key.
    void finish(const softmax_state& s) const {
        const index_t group = at_.heads.group(), dim = at_.heads.value_dim;
        for (index_t r = 0; r < rows_; ++r) {
            const index_t row = at_.batch[tile_.sequence].begin + (tile_.rows.begin + r) / group;
            const float factor = s.l[r] == 0.0f ? 0.0f : 1.0f / s.l[r];
            const float* o = s.o + r * s.stride;
            float* out = at_.out.data() + row * at_.out.stride(0) + head_[r] * dim;
            index_t i = 0;  // adding +0 makes one zero of both
            for (; i + simd::lanes <= dim; i += simd::lanes)
                simd::store(simd::fmadd(simd::load(o + i), simd::floats(factor), simd::zero()), out + i);
            for (; i < dim; ++i) out[i] = simd::fmadd(o[i], factor, 0.0f);
        }
    }

    // Adds to mass[row of mass, lane] the final weights of block b, given the rows' merged m and l.
    void add_mass(index_t b, const softmax_state& s, float* mass, index_t head_stride) {
        if (!score(b)) return;
        for (index_t r = 0; r < rows_; ++r) {
            const range lanes = live_[r / tile_height];
            if (s.l[r] == 0.0f) continue;
            float* to = mass + head_[r] * head_stride;
            for (index_t i = lanes.begin; i < lanes.end; ++i)
                to[i] += simd::exp(scores_[r * key_block + i] - s.m[r]) / s.l[r];
        }
    }

private:
    static constexpr index_t panels = key_block / key_lanes;

    // Edited scores of block b; false when no row sees a key of it. live_ gets the lanes outside which a register tile
    // of rows sees none; scores outside them are not written.
    bool score(index_t b) {
        lanes_ = keys_->lanes(b);
        if (lanes_.empty() || !locate(b)) return false;
        const index_t step = units_at_once(std::min<index_t>(rows_, tile_height));
        std::fill_n(live_, ceil_div(rows_, index_t(tile_height)), range{key_block, 0});
        bool any = false;
        for (index_t u = 0; u < panels; u += step)
            for (index_t r = 0; r < rows_; r += tile_height)
                any |= score_units(b, range{r, std::min(r + tile_height, rows_)}, u, step);
        return any;
    }

    // The positions of the block's keys; false when no row can see any of them.
    bool locate(index_t b) {
        const std::int32_t* stored = keys_->positions(b);
        key_position_ = stored;
        if (lanes_.size() < key_block) {  // what lies outside may be anything, which no policy needs to know
            std::fill_n(clean_, key_block, stored[lanes_.begin]);
            std::copy(stored + lanes_.begin, stored + lanes_.end, clean_ + lanes_.begin);
            key_position_ = clean_;
        }
        block_ = b;
        block_cover_ = cover_of(policy_, hull_, hull_of_lanes(lanes_));
        return block_cover_ != cover::none;
    }
    range hull_of_lanes(range lanes) const {
        if (keys_->consecutive) return {block_ * key_block + lanes.begin, block_ * key_block + lanes.end};
        return hull_of({key_position_ + lanes.begin, std::size_t(lanes.size())});
    }

    bool score_units(index_t b, range rows, index_t unit, index_t step) {
        const range lanes = range{unit * key_lanes, (unit + step) * key_lanes} & lanes_;
        float* s = scores_ + rows.begin * key_block + unit * key_lanes;
        range& live = live_[rows.begin / tile_height];
        cover c = lanes.empty() ? cover::none : block_cover_;
        if (c == cover::partial) {
            const range hull = hull_of({position_ + rows.begin, std::size_t(rows.size())});
            c = cover_of(policy_, hull, hull_of_lanes(lanes));
        }
        if (c == cover::none) {
            for (index_t r = 0; r < rows.size(); ++r) std::fill_n(s + r * key_block, step * key_lanes, masked);
            return false;
        }
        const index_t dim = at_.heads.key_dim;
        score_product(q_ + rows.begin * dim, rows.size(), dim, keys_->keys(b, tile_.key_head) + unit * key_lanes * dim,
                      step, s);
        edit(rows, unit * key_lanes, step * key_lanes, c == cover::partial);
        if (lanes.size() < step * key_lanes) hide(rows, unit * key_lanes, (unit + step) * key_lanes);
        live = {std::min(live.begin, lanes.begin), std::max(live.end, lanes.end)};
        return true;
    }

    void edit(range rows, index_t first, index_t count, bool partial) {
        if constexpr (transforming<P> || biasing<P>) {
            partial ? edit_rows<true>(rows, first, count) : edit_rows<false>(rows, first, count);
        } else if constexpr (masking<P>) {
            if (partial) edit_rows<true>(rows, first, count);
        }
    }

    template <bool Mask>
    void edit_rows(range rows, index_t first, index_t count) {
        for (index_t r = rows.begin; r < rows.end; ++r) {
            const query q{position_[r], place_[r], head_[r], std::int32_t(tile_.sequence)};
            for (index_t i = first; i < first + count; i += simd::lanes) {
                const key_vector k{simd::load_ints(key_position_ + i),
                                   simd::iota() + simd::ints(std::int32_t(block_ * key_block + i))};
                float* at = scores_ + r * key_block + i;
                simd::floats s = transformed(policy_, simd::load(at), q, k);
                if constexpr (biasing<P>) s = s + bias_of(policy_, q, k);
                if constexpr (Mask) s = simd::select(is_live(policy_, q, k), s, simd::floats(masked));
                simd::store(s, at);
            }
        }
    }

    // Lanes outside the live places never count, whatever they hold.
    void hide(range rows, index_t first, index_t last) {
        for (index_t r = rows.begin; r < rows.end; ++r) {
            float* s = scores_ + r * key_block;
            if (first < lanes_.begin) std::fill(s + first, s + std::min(lanes_.begin, last), masked);
            if (lanes_.end < last) std::fill(s + std::max(lanes_.end, first), s + last, masked);
        }
    }

    // Scores become weights exp(s - m); the sum over the lanes has one order, in which dead lanes add nothing.
    void softmax(float* m, float* l) {
        for (index_t r = 0; r < rows_; ++r) {
            float* s = scores_ + r * key_block;
            const range live = whole_vectors(live_[r / tile_height]);
            simd::floats top(masked);
            for (index_t i = live.begin; i < live.end; i += simd::lanes) top = simd::max(top, simd::load(s + i));
            m[r] = simd::reduce_max(top);
            const simd::floats below(m[r]);
            simd::floats sum = simd::zero();
            for (index_t i = live.begin; i < live.end; i += simd::lanes) {
                const simd::floats p = exp_below(simd::load(s + i), below);
                sum = sum + p;
                simd::store(p, s + i);
            }
            l[r] = simd::reduce_add(sum);
        }
    }
    static range whole_vectors(range lanes) {
        return {lanes.begin / simd::lanes * simd::lanes, round_up(lanes.end, simd::lanes)};
    }

    // Columns of the weighted values, for all rows.
    void weigh(const T* values, index_t unit, index_t count) {
        const index_t column = unit * value_unit;
        for (index_t r = 0; r < rows_; r += tile_height) {
            const index_t height = std::min<index_t>(tile_height, rows_ - r);
            const range live = live_[r / tile_height];
            value_product(scores_ + r * key_block, height, live, values + column, part_.stride, count,
                          part_.o + r * part_.stride + column);
        }
    }

    const operands<T>& at_;
    const P& policy_;
    tile tile_{};
    const key_blocks<T>* keys_ = nullptr;
    index_t rows_ = 0;
    range hull_;     // positions of the rows
    float* q_;       // [tile_rows, key_dim], scaled
    float* scores_;  // [tile_rows, key_block]
    softmax_state state_;
    softmax_state part_;  // of the block at hand
    std::int32_t position_[tile_rows], place_[tile_rows], head_[tile_rows];
    index_t block_ = 0;
    cover block_cover_ = cover::none;
    range lanes_;                                 // live ones of the block
    range live_[tile_rows / tile_height];         // lanes that some row of a register tile may see
    const std::int32_t* key_position_ = nullptr;  // [key_block]
    alignas(64) std::int32_t clean_[key_block];
};

}
