// What a decoder attends to beside its own past: keys and values of a source text for each of its layers.
#pragma once

#include <span>
#include <vector>

#include "tessera/attention/heads.hpp"
#include "tessera/core/key_blocks.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Made once by encode() and never changed: sessions and their forks share it.
class encoder_memory {
public:
    // layers: how the keys of each layer are divided; places: rows of the source.
    encoder_memory(std::span<const attention::heads> layers, index_t places) : places_(places) {
        index_t used = 0;
        for (const attention::heads& h : layers) {
            layers_.push_back({{h.key, h.key_dim, h.value_dim, sizeof(float)}, used});
            used += ceil_div(places, key_block) * layers_.back().layout.bytes();
        }
        for (index_t b = 0; b < ceil_div(places, key_block); ++b) table_.push_back(std::int32_t(b));
        memory_ = tensor<std::byte, 1>({used});
    }

    // Of one layer; who fills the memory writes through it.
    key_blocks<float> keys(index_t layer) const {
        const part& p = layers_[std::size_t(layer)];
        return {.base = const_cast<std::byte*>(memory_.data()) + p.offset,
                .stride = p.layout.bytes(),
                .table = table_,
                .layout = p.layout,
                .places = {0, places_},
                .consecutive = true};
    }
    index_t places() const { return places_; }
    index_t bytes() const { return memory_.bytes() + index_t(table_.size() * sizeof(std::int32_t)); }

private:
    struct part {
        key_block_layout layout;
        index_t offset;  // bytes to its first block
    };

    index_t places_;
    std::vector<part> layers_;
    std::vector<std::int32_t> table_;  // the identity
    tensor<std::byte, 1> memory_;
};

}
