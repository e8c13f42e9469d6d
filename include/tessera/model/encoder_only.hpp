// An encoder that stands alone, with a head that scores each of its rows.
#pragma once

#include <utility>
#include <vector>

#include "tessera/model/decoder_parts.hpp"
#include "tessera/model/encoder.hpp"
#include "tessera/model/encoder_model.hpp"

namespace tessera::inline TESSERA_ABI::model {

template <attention::score_policy Scores>
class encoder_only final : public encoder_model {
public:
    // scores: one for each layer.
    encoder_only(decoder_parts parts, std::vector<Scores> scores)
        : head_(std::move(static_cast<score_head&>(parts))),
          body_(std::move(static_cast<stack&>(parts)), std::move(scores)) {}

    const decoder_config& config() const override { return body_.config(); }
    index_t weight_bytes() const override { return body_.weight_bytes() + head_bytes(head_); }
    std::span<const block> layers() const override { return body_.parts().layers; }

    frame_shape source_frames() const override { return reads_frames() ? reader().shape() : frame_shape{}; }
    index_t rows_of(index_t frames) const override {
        if (!reads_frames()) throw error(errc::unsupported, "the model reads no frames");
        return reader().rows_of(frames);
    }

    void forward(const source_batch& b, const outputs& out, workspace& memory, exec::executor_ref run,
                 observer* watch = nullptr) const override {
        if (reads_frames()) require_frames(source_frames(), b.frames);
        const workspace::frame scratch(memory);
        const view<float> h = out.hidden.empty() ? memory.take<float>(b.sequences.rows(), config().hidden) : out.hidden;
        body_.forward(b, h, memory, run, watch);
        if (out.logits.empty()) return;
        const batch rows{b.tokens, b.positions, b.sequences, {}, {}};
        const step s{rows, memory, run, watch};
        const timed timer(watch, "head", -1);
        score_vocabulary(head_, config(), h, out.logits, s);
    }

private:
    bool reads_frames() const { return body_.parts().reader != nullptr; }
    const frame_reader& reader() const { return *body_.parts().reader; }

    score_head head_;
    encoder<Scores> body_;
};

}
