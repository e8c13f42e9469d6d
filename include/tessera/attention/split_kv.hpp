// Attention with the spans of the keys shared out evenly: decode, where there are fewer tiles than workers could take.
#pragma once

#include "tessera/attention/flash.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Parts are equal runs of (tile, span) pairs, tile after tile. The part that has a tile's first span merges as it goes,
// just as flash() does; parts that go on with a tile leave one (m, l, O) a span, which are merged at the end, in order.
// So the bits are those of flash().
template <score_policy P, class T>
class split {
public:
    split(const operands<T>& at, const P& policy, workspace& scratch, index_t parts)
        : at_(at), policy_(policy), parts_(parts) {
        for (index_t s = 0; s < at.batch.sequences(); ++s) {
            const index_t spans = at.keys[std::size_t(s)].spans();
            units_ += at.heads.key * tiles_of(at, s) * spans;
            most_spans_ = std::max(most_spans_, spans);
            rows_ = std::max(rows_, std::min(tile_rows, at.batch[s].size() * at.heads.group()));
        }
        const index_t stride = round_up(at.heads.value_dim, value_unit);
        slot_floats_ = softmax_state::floats_needed(rows_, stride);
        part_floats_ = tile_pass<P, T>::floats_needed(at.heads) + std::max<index_t>(0, most_spans_ - 1) * slot_floats_;
        memory_ = scratch.take<float>(parts * part_floats_);
    }

    void run(exec::executor_ref executor) const {
        executor.run(parts_, 1, [&](range parts, index_t) {
            for (index_t p = parts.begin; p < parts.end; ++p) run_part(p);
        });
        const auto merge_parts = [&](range parts, index_t) {
            for (index_t p = parts.begin; p < parts.end; ++p) merge_part(p);
        };
        if (parts_ * most_spans_ * slot_floats_ < serial_floats)
            merge_parts({0, parts_}, 0);
        else
            executor.run(parts_, 1, merge_parts);
    }

private:
    static constexpr index_t serial_floats = index_t(1) << 16;

    // A run of the spans of one tile.
    struct piece {
        attention::tile tile;
        range spans;
        index_t all;  // spans of the tile
        bool whole() const { return spans == range{0, all}; }
    };

    range part(index_t p) const { return {units_ * p / parts_, units_ * (p + 1) / parts_}; }

    piece piece_at(range units) const {
        index_t s = 0, u = units.begin, tiles = 0;
        const auto units_of = [&] { return at_.heads.key * tiles_of(at_, s) * at_.keys[std::size_t(s)].spans(); };
        for (; u >= units_of(); ++s) u -= units_of(), tiles += at_.heads.key * tiles_of(at_, s);
        const index_t all = at_.keys[std::size_t(s)].spans(), first = u % all;
        return {tile_at(at_, tiles + u / all), {first, std::min(all, first + units.size())}, all};
    }

    tile_pass<P, T> pass(index_t p) const { return {at_, policy_, memory_ + p * part_floats_}; }
    softmax_state slot(index_t p, index_t i) const {
        float* slots = memory_ + p * part_floats_ + tile_pass<P, T>::floats_needed(at_.heads);
        return softmax_state::over(slots + i * slot_floats_, rows_, round_up(at_.heads.value_dim, value_unit));
    }

    void run_part(index_t p) const {
        tile_pass<P, T> pass = this->pass(p);
        for (range units = part(p); !units.empty();) {
            const piece at = piece_at(units);
            pass.begin(at.tile);
            if (at.spans.begin == 0) {
                pass.state().clear(pass.rows());
                pass.each_span(at.spans, [&](index_t span) { pass.add(span, pass.state()); });
                if (at.whole()) pass.finish(pass.state());
            } else {
                for (index_t i = 0; i < at.spans.size(); ++i) slot(p, i).clear(pass.rows());
                const index_t first = at.spans.begin;
                pass.each_span(at.spans, [&](index_t span) {
                    pass.add(span, slot(p, at_.keys[std::size_t(at.tile.sequence)].index_of(span) - first));
                });
            }
            units.begin += at.spans.size();
        }
    }

    // Completes the tile that part p began and did not end, if there is one.
    void merge_part(index_t p) const {
        const range units = part(p);
        if (units.empty()) return;
        const piece last = piece_at({units.end - 1, units.end});
        const index_t begun = units.end - 1 - last.spans.begin;  // the tile's first unit
        const index_t end = begun + last.all;
        if (begun < units.begin || end == units.end) return;
        tile_pass<P, T> pass = this->pass(p);
        pass.begin(last.tile);
        for (index_t next = p + 1, at = units.end; at < end; ++next)
            for (index_t i = 0; i < part(next).size() && at < end; ++i, ++at)
                merge(pass.state(), slot(next, i), pass.rows());
        pass.finish(pass.state());
    }

    const operands<T>& at_;
    const P& policy_;
    index_t parts_, units_ = 0, most_spans_ = 0, rows_ = 0;
    index_t slot_floats_ = 0, part_floats_ = 0;
    float* memory_ = nullptr;  // of each part: its pass, then a slot for each span but a tile's first
};

template <score_policy P, class T>
void split_kv(const operands<T>& at, const P& policy, workspace& scratch, exec::executor_ref executor) {
    const workspace::frame frame(scratch);
    const split<P, T> s(at, policy, scratch, executor.concurrency());
    if (!scratch.is_measuring()) s.run(executor);
}

}
