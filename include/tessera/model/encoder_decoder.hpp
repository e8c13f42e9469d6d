// A decoder that attends to what an encoder has read.
#pragma once

#include <memory>
#include <numeric>
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
        if (source.empty()) throw error(errc::argument, "the source text is empty");
        std::vector<std::int32_t> positions(source.size());
        std::iota(positions.begin(), positions.end(), 0);
        const index_t offsets[] = {0, index_t(source.size())};
        const source_batch rows{source, positions, {offsets}};
        auto read = std::make_shared<encoder_memory>(cross_heads(), index_t(source.size()));
        workspace count = workspace::measuring();
        encode_into(rows, *read, count, run);
        workspace memory(count.high_water());
        encode_into(rows, *read, memory, run);
        return read;
    }

private:
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
