// The recurrent states of one sequence: what is committed, what a pass is writing, and snapshots to go back to.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/cache/layout.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI::cache {

// Before each pass of several rows that is committed, the state is kept as a snapshot; the last so many stay.
class states {
public:
    states(layout l, index_t snapshots) {
        for (const layer& one : l) {
            offsets_.push_back(per_slot_);
            per_slot_ += one.state;
        }
        offsets_.push_back(per_slot_);
        if (per_slot_ > 0) slots_.resize(std::size_t(slot_count(snapshots)));
        memory_ = tensor<float, 1>({per_slot_ * index_t(slots_.size())});
    }

    // What bytes() of such states will be.
    static index_t bytes_for(layout l, index_t snapshots) {
        index_t floats = 0;
        for (const layer& one : l) floats += one.state;
        const index_t slots = floats > 0 ? slot_count(snapshots) : 0;
        return slots * (floats * index_t(sizeof(float)) + index_t(sizeof(slot))) +
               (index_t(l.size()) + 1) * index_t(sizeof(index_t));
    }
    index_t bytes() const {
        return memory_.bytes() + index_t(slots_.size() * sizeof(slot)) + index_t(offsets_.size() * sizeof(index_t));
    }

    bool empty() const { return slots_.empty(); }
    index_t length() const { return empty() ? 0 : slots_[current_].length; }  // rows behind the committed state

    // The state of a layer, for a pass of this many rows.
    state_step step(index_t layer, index_t rows) {
        rows_ = rows;
        const auto begin = std::size_t(offsets_[std::size_t(layer)]);
        const std::size_t size = std::size_t(offsets_[std::size_t(layer) + 1]) - begin;
        return {at(current_).subspan(begin, size), at(next_).subspan(begin, size)};
    }

    // Keeps what the last pass wrote; every layer with a state took part in it.
    void commit() {
        if (rows_ == 0) return;
        const index_t length = slots_[current_].length + rows_;
        const std::size_t before = std::exchange(current_, next_);
        slots_[current_] = {length, true};
        slots_[before].kept = rows_ > 1 && slots_[before].length > 0;
        next_ = spare();
        rows_ = 0;
    }
    // All rows of the last pass, or none of them: the state after some of them was never kept.
    void commit(std::span<const index_t> path) {
        if (rows_ > 0 && index_t(path.size()) == rows_) return commit();
        if (!path.empty() && rows_ > 0)
            throw error(errc::unsupported, "a recurrent state cannot keep some of the rows",
                        {.expected = std::to_string(rows_) + " or none", .found = std::to_string(path.size())});
        rows_ = 0;
    }

    // The longest beginning of at most `length` rows whose state is still known, 0 at worst.
    index_t nearest(index_t length) const {
        index_t found = 0;
        for (const slot& s : slots_)
            if (s.kept && s.length <= length) found = std::max(found, s.length);
        return found;
    }
    // length: what nearest() said.
    void truncate(index_t length) {
        rows_ = 0;
        if (length == 0) return clear();
        for (slot& s : slots_) s.kept = s.kept && s.length <= length;
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].kept && slots_[i].length == length) current_ = i;
        next_ = spare();
    }

private:
    struct slot {
        index_t length = 0;
        bool kept = false;
    };

    // The committed state, the one being written, and the snapshots.
    static index_t slot_count(index_t snapshots) { return 2 + std::max<index_t>(0, snapshots); }

    std::span<float> at(std::size_t i) { return {memory_.data() + index_t(i) * per_slot_, std::size_t(per_slot_)}; }

    // A sequence begins with states of zeros.
    void clear() {
        for (slot& s : slots_) s = {};
        current_ = 0;
        next_ = 1;
        if (!empty()) std::fill_n(memory_.data(), per_slot_, 0.0f);
    }

    // A slot to write to: one that holds nothing, or the oldest snapshot.
    std::size_t spare() const {
        std::size_t best = current_ == 0 ? 1 : 0;
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (i != current_ && worth(slots_[i]) < worth(slots_[best])) best = i;
        return best;
    }
    static index_t worth(const slot& s) { return s.kept ? s.length : -1; }

    std::vector<slot> slots_;
    std::vector<index_t> offsets_;  // of each layer within a slot, and their end
    index_t per_slot_ = 0;          // floats
    tensor<float, 1> memory_;       // [slots, per_slot_]
    std::size_t current_ = 0, next_ = 1;
    index_t rows_ = 0;  // of the pass that is not committed yet
};

}
