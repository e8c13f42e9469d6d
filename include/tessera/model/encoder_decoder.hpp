// A decoder that attends to what an encoder has read.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tessera/model/cross_attention.hpp"
#include "tessera/model/decoder.hpp"
#include "tessera/model/encoder.hpp"

namespace tessera::inline TESSERA_ABI::model {

template <class EncoderScores, class DecoderScores>
class encoder_decoder final : public language_model {
public:
    // Some sublayers of the decoder are cross_attention, one in a layer at most.
    encoder_decoder(encoder<EncoderScores> source, decoder<DecoderScores> text)
        : encoder_(std::move(source)), decoder_(std::move(text)) {}

    const decoder_config& config() const override { return decoder_.config(); }
    const encoder<EncoderScores>& source() const { return encoder_; }
    const decoder<DecoderScores>& text() const { return decoder_; }
    cache::layout cache_layout() const override { return decoder_.cache_layout(); }
    // An embedding that both share counts twice.
    index_t weight_bytes() const override { return encoder_.weight_bytes() + decoder_.weight_bytes(); }

    void forward(const batch& b, const outputs& out, workspace& memory, exec::executor_ref run,
                 observer* watch = nullptr) const override {
        decoder_.forward(b, out, memory, run, watch);
    }

    std::span<const block> layers() const override { return decoder_.layers(); }
    std::span<const block> source_layers() const override { return encoder_.parts().layers; }
    bool reads_a_source() const override { return true; }

    std::shared_ptr<const encoder_memory> encode(std::span<const token_t> source,
                                                 exec::executor_ref run) const override {
        if (encoder_.parts().reader != nullptr) throw error(errc::unsupported, "the model reads frames, not a text");
        if (source.empty()) throw error(errc::argument, "the source text is empty");
        return encode({.tokens = source}, index_t(source.size()), run);
    }

    frame_shape source_frames() const override {
        return encoder_.parts().reader != nullptr ? encoder_.parts().reader->shape() : frame_shape{};
    }

    // Throws errc::shape for other frames than the model has been made for, or too few of them.
    std::shared_ptr<const encoder_memory> encode_frames(view<const float> frames,
                                                        exec::executor_ref run) const override {
        if (encoder_.parts().reader == nullptr) return language_model::encode_frames(frames, run);
        require_frames(source_frames(), frames);
        return encode({.frames = frames}, encoder_.parts().reader->rows_of(frames.extent(0)), run);
    }

private:
    std::shared_ptr<const encoder_memory> encode(const source_batch& from, index_t count_of_rows,
                                                 exec::executor_ref run) const {
        const lone_source source(from, count_of_rows);
        auto read = std::make_shared<encoder_memory>(cross_heads(), count_of_rows);
        workspace count = workspace::measuring();
        encode_into(source.rows(), *read, count, run);
        workspace memory(count.high_water());
        encode_into(source.rows(), *read, memory, run);
        return read;
    }

    const cross_attention* cross_of(std::size_t layer) const {
        for (const residual& r : decoder_.parts().layers[layer].sublayers)
            if (const auto* found = r.mixer.template as<cross_attention>(); found != nullptr) return found;
        return nullptr;
    }
    std::vector<attention::heads> cross_heads() const {
        std::vector<attention::heads> all;
        for (std::size_t i = 0; i < decoder_.parts().layers.size(); ++i)
            all.push_back(cross_of(i) != nullptr ? cross_of(i)->heads : attention::heads{.query = 0, .key = 0});
        return all;
    }

    void encode_into(const source_batch& rows, encoder_memory& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> h = memory.take<float>(rows.sequences.rows(), encoder_.config().hidden);
        encoder_.forward(rows, h, memory, run);
        for (std::size_t i = 0; i < decoder_.parts().layers.size(); ++i)
            if (cross_of(i) != nullptr) cross_of(i)->write(index_t(i), h, to, memory, run);
    }

    encoder<EncoderScores> encoder_;
    decoder<DecoderScores> decoder_;
};

}
