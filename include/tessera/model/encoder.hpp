// An encoder: every row may attend to every other of its sequence, as a score policy allows.
#pragma once

#include <array>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tessera/attention/attend.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/error.hpp"
#include "tessera/model/stack.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Sequences packed into one pass, each with its own positions.
struct source_batch {
    std::span<const token_t> tokens{};          // [rows]; none where there are frames
    std::span<const std::int32_t> positions{};  // [rows]
    ragged sequences{};                         // rows of each sequence
    view<const float> frames{};                 // [frames, features] of one sequence, for encoders that read them
};

// The rows of one source alone, from its first position on.
class lone_source {
public:
    lone_source(const source_batch& from, index_t rows) : positions_(static_cast<std::size_t>(rows)), ends_{0, rows} {
        std::iota(positions_.begin(), positions_.end(), 0);
        batch_ = from;
        batch_.positions = positions_;
        batch_.sequences = {ends_};
    }
    lone_source(const lone_source&) = delete;
    lone_source& operator=(const lone_source&) = delete;

    const source_batch& rows() const { return batch_; }

private:
    std::vector<std::int32_t> positions_;
    std::array<index_t, 2> ends_;
    source_batch batch_;
};

template <attention::score_policy Scores>
class encoder {
public:
    // scores: one for each layer.
    encoder(stack parts, std::vector<Scores> scores) : parts_(std::move(parts)), scores_(std::move(scores)) {
        if (scores_.size() != parts_.layers.size())
            throw error(errc::argument, "a score policy is needed for each layer",
                        {.expected = std::to_string(parts_.layers.size()), .found = std::to_string(scores_.size())});
    }

    const decoder_config& config() const { return parts_.config; }
    const stack& parts() const { return parts_; }
    index_t weight_bytes() const { return stack_bytes(parts_); }

    // out: [rows, hidden], after the final norm. Throws errc::argument for a token outside the vocabulary. With a
    // measuring workspace nothing runs.
    void forward(const source_batch& b, view<float> out, workspace& memory, exec::executor_ref run,
                 observer* watch = nullptr) const {
        const batch rows{b.tokens, b.positions, b.sequences, {}, {}};
        const step s{rows, memory, run, watch};
        if (parts_.reader != nullptr) {
            parts_.reader->read(b.frames, out, memory, run);
        } else {
            embed_tokens(parts_, out, s);
        }
        run_layers(parts_, out, s,
                   [&](const attending& at, const attention::heads& heads, view<const float> q, view<const float> k,
                       view<const float> v, view<float> o) { attend(at.layer, heads, q, k, v, o, s); });
        if (!memory.is_measuring()) norm::apply(parts_.final_norm, out, out, run);
    }

private:
    void attend(index_t layer, const attention::heads& heads, view<const float> q, view<const float> k,
                view<const float> v, view<float> out, const step& s) const {
        const batch& b = s.batch;
        const auto empty = [](index_t) { return key_blocks<float>{}; };
        with_each(s.memory, b.sequences.sequences(), empty, [&](std::span<key_blocks<float>> keys) {
            attention::write_scratch(k, v, b.positions, b.sequences, heads, keys, s.memory, s.run);
            attention::attend(q, out, b.positions, b.sequences, std::span<const key_blocks<float>>(keys), heads,
                              scores_[std::size_t(layer)], s.memory, s.run);
        });
    }

    stack parts_;
    std::vector<Scores> scores_;
};

}
