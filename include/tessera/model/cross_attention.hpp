// Queries of the decoder's rows on keys and values of a source text.
#pragma once

#include <span>

#include "tessera/attention/attend.hpp"
#include "tessera/attention/full.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/error.hpp"
#include "tessera/model/encoder_memory.hpp"
#include "tessera/model/mixer.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct cross_attention {
    static constexpr std::string_view kind = "cross-attention";

    attention::heads heads;
    gemm::affine q, k, v, out;  // k and v map the encoder's rows

    index_t bytes() const { return q.bytes() + k.bytes() + v.bytes() + out.bytes(); }

    // Each sequence of the batch attends to its own source.
    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        workspace& memory = pass.s.memory;
        const workspace::frame scratch(memory);
        const view<float> queries = memory.take<float>(x.extent(0), q.outputs());
        const view<float> mixed = memory.take<float>(x.extent(0), heads.query * heads.value_dim);
        gemm::multiply_into({queries}, x, q, memory, pass.s.run);
        const auto keys_of = [&](index_t sequence) { return keys(sequence, pass); };
        with_each(memory, pass.s.batch.sequences.sequences(), keys_of, [&](std::span<const key_blocks<float>> keys) {
            attention::attend(queries, mixed, pass.s.batch.positions, pass.s.batch.sequences, keys, heads,
                              attention::full{}, memory, pass.s.run);
        });
        gemm::multiply_into(to, mixed, out, memory, pass.s.run);
    }

    // The keys and values of encoded rows [places, hidden], for the decoder's layer of this number.
    void write(index_t layer, view<const float> encoded, encoder_memory& to, workspace& memory,
               exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const view<float> keys = memory.take<float>(encoded.extent(0), k.outputs());
        const view<float> values = memory.take<float>(encoded.extent(0), v.outputs());
        const gemm::bias after_k = k.bias(), after_v = v.bias();
        gemm::multiply(encoded, {{&k.weight, keys, after_k}, {&v.weight, values, after_v}}, memory, run);
        if (memory.is_measuring()) return;
        const key_blocks<float> blocks = to.keys(layer);
        for (index_t i = 0; i < to.places(); ++i) blocks.position(i) = static_cast<std::int32_t>(i);
        attention::write(blocks, {0, to.places()}, keys, values, run);
    }

private:
    // Of a sequence's source; before there is one, a step can be measured without it.
    key_blocks<float> keys(index_t sequence, const layer_pass& pass) const {
        const batch& b = pass.s.batch;
        if (!b.sources.empty()) return b.sources[std::size_t(sequence)]->keys(pass.layer);
        if (!pass.s.memory.is_measuring()) throw error(errc::argument, "a decoder needs a source text to attend to");
        key_blocks<float> none;
        none.layout = {heads.key, heads.key_dim, heads.value_dim, sizeof(float)};
        return none;
    }
};

}
