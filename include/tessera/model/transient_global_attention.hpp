// Self-attention of an encoder whose rows see those near them and a sum of each block of rows (LongT5, Guo et al. 2022,
// section 2.2).
#pragma once

#include <array>
#include <numeric>

#include "tessera/attention/attend.hpp"
#include "tessera/attention/side_keys.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/model/self_attention.hpp"
#include "tessera/ops/block_sums.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The sums are made of what each pass gives the layer, and have no queries.
struct transient_global_attention {
    static constexpr std::string_view kind = self_attention::kind;

    self_attention inner;
    norm::any summary_norm;
    attention::side_keys scores;  // but for the count, which each sequence has its own

    index_t bytes() const { return inner.bytes(); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const view<float> mixed = s.memory.take<float>(x.extent(0), inner.heads.query * inner.heads.value_dim);
        for (index_t i = 0; i < s.batch.sequences.sequences(); ++i) {
            const range rows = s.batch.sequences[i];
            const auto positions = s.batch.positions.subspan(std::size_t(rows.begin), std::size_t(rows.size()));
            mix(x.slice(rows), positions, mixed.slice(rows), s);
        }
        gemm::multiply_into(to, mixed, inner.out, s.memory, s.run);
    }

private:
    // x: [rows, hidden], one sequence from its position 0 on.
    void mix(view<const float> x, std::span<const std::int32_t> positions, view<float> mixed, const step& s) const {
        const workspace::frame scratch(s.memory);
        const view<float> queries = s.memory.take<float>(x.extent(0), inner.q.outputs());
        gemm::multiply_into({queries}, x, inner.q, s.memory, s.run);
        attention::side_keys own = scores;
        own.count = static_cast<std::int32_t>(x.extent(0) / scores.block);
        const std::array<key_blocks<float>, 1> keys = keys_of(x, own.count, positions, s);
        const std::array<index_t, 2> ends{0, x.extent(0)};
        attention::attend(queries, mixed, positions, {ends}, std::span<const key_blocks<float>>(keys), inner.heads, own,
                          s.memory, s.run);
    }

    // Of the sums and, behind them, of the rows, in memory of the caller's frame.
    std::array<key_blocks<float>, 1> keys_of(view<const float> x, index_t count,
                                             std::span<const std::int32_t> positions, const step& s) const {
        const index_t places = count + x.extent(0);
        const view<float> read = s.memory.take<float>(places, x.extent(1));
        const view<float> k = s.memory.take<float>(places, inner.k.outputs());
        const view<float> v = s.memory.take<float>(places, inner.v.outputs());
        auto* const at = s.memory.take<std::int32_t>(places);
        if (!s.memory.is_measuring()) {
            const view<float> sums = read.slice({0, count});
            ops::sum_blocks(x, scores.block, sums, s.run);
            norm::apply(summary_norm, sums, sums, s.run);
            ops::copy(x, read.slice({count, places}));
            std::iota(at, at + count, -static_cast<std::int32_t>(count));
            std::copy(positions.begin(), positions.end(), at + count);
        }
        const gemm::bias k_bias = inner.k.bias(), v_bias = inner.v.bias();
        gemm::multiply(read, {{&inner.k.weight, k, k_bias}, {&inner.v.weight, v, v_bias}}, s.memory, s.run);
        std::array<key_blocks<float>, 1> keys;
        const std::array<index_t, 2> ends{0, places};
        attention::write_scratch(k, v, {at, std::size_t(places)}, {ends}, inner.heads, keys, s.memory, s.run);
        return keys;
    }
};

}
