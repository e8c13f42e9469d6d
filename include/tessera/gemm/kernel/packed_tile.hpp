// `lanes` rows of a block format, packed with the rows in lanes: all codes, then all scales, as small as in the file.
#pragma once

#include <algorithm>
#include <utility>

#include "tessera/core/tensor.hpp"
#include "tessera/gemm/kernel/packed_codes.hpp"
#include "tessera/quant/format.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// Scales of one block: its 16-bit units [lanes], then a byte for each small integer and lane where it has those.
template <quant::format F>
struct packed_scales {
    static constexpr index_t lanes = dot::lanes;
    static constexpr index_t unit_bytes = 2 * lanes;
    static constexpr index_t units = F::kind.has_base ? 2 : 1;
    static constexpr index_t factors =
        quant::has_factors<F> ? quant::block_spans<F> + (F::kind.has_base ? quant::block_groups<F> : 0) : 0;
    static constexpr index_t bytes = units * unit_bytes + factors * lanes;

    static void pack(const typename F::block* const (&rows)[lanes], index_t b, std::byte* to) {
        for (index_t l = 0; l < lanes; ++l) {
            put(F::scale(rows[l][b]), to + 2 * l);
            if constexpr (F::kind.has_base) put(F::base(rows[l][b]), to + unit_bytes + 2 * l);
        }
        if constexpr (quant::has_factors<F>) {
            simd::ints words[F::factor_words];
            for (int i = 0; i < F::factor_words; ++i) {
                std::int32_t word[lanes];
                for (index_t l = 0; l < lanes; ++l) word[l] = quant::load_word(F::factor_bytes(rows[l][b]), i);
                words[i] = simd::load_ints(word);
            }
            std::byte* at = to + units * unit_bytes;
            const auto all = [&]<int... I>(std::integer_sequence<int, I...>) {
                (put(F::template scale_factor<I>(words), at + I * lanes), ...);
            };
            all(std::make_integer_sequence<int, int(quant::block_spans<F>)>{});
            if constexpr (F::kind.has_base) {
                const auto bases = [&]<int... I>(std::integer_sequence<int, I...>) {
                    (put(F::template base_factor<I>(words), at + (quant::block_spans<F> + I) * lanes), ...);
                };
                bases(std::make_integer_sequence<int, int(quant::block_groups<F>)>{});
            }
        }
    }

    static simd::floats scale(const std::byte* block, index_t span) { return value(block, 0, span); }
    static simd::floats base(const std::byte* block, index_t group) {
        return value(block, 1, quant::block_spans<F> + group);
    }

private:
    static simd::floats value(const std::byte* block, index_t unit, index_t factor) {
        const simd::floats u = simd::load(reinterpret_cast<const quant::scale_type<F>*>(block + unit * unit_bytes));
        if constexpr (!quant::has_factors<F>) return u;
        const auto* f = reinterpret_cast<const std::int8_t*>(block + units * unit_bytes + factor * lanes);
        return u * simd::to_floats(simd::load_ints(f));
    }
    static void put(quant::scale_type<F> x, std::byte* to) { std::memcpy(to, &x.bits, 2); }
    static void put(simd::ints x, std::byte* to) {
        std::int32_t wide[lanes];
        simd::store(x, wide);
        for (index_t l = 0; l < lanes; ++l) to[l] = std::byte(std::uint8_t(wide[l]));
    }
};

template <quant::format F>
class packed_tile {
public:
    static constexpr code_kind kind = F::kind;
    using block = typename F::block;

    static constexpr index_t bytes_for(index_t blocks) {
        return blocks * quant::block_groups<F> * codes::bytes + round_up(blocks * scales::bytes, index_t(alignment));
    }
    // From `blocks` blocks of each row.
    static void pack(const block* const (&rows)[dot::lanes], index_t blocks, std::byte* to) {
        std::byte* scales_at = to + blocks * quant::block_groups<F> * codes::bytes;
        for (index_t b = 0; b < blocks; ++b, scales_at += scales::bytes) {
            for (index_t g = 0; g < quant::block_groups<F>; ++g, to += codes::bytes) {
                simd::bytes group[dot::lanes];
                for (index_t l = 0; l < dot::lanes; ++l) group[l] = stored_codes(rows[l][b], g);
                alignas(64) std::byte quads[32 * dot::lanes];
                dot::store_quads(group, quads);
                codes::pack(quads, to);
            }
            scales::pack(rows, b, scales_at);
        }
    }

    packed_tile(const std::byte* data, index_t blocks)
        : codes_(data),
          scales_(data + blocks * quant::block_groups<F> * codes::bytes),
          ahead_(data + prefetch_distance) {}

    // Asks for what lies some way behind this group, in this tile or in the next.
    void prefetch(index_t group) const {
        constexpr index_t step = codes::bytes + ceil_div(scales::bytes, quant::block_groups<F>);
#pragma GCC unroll 16
        for (index_t i = 0; i < step; i += 64) __builtin_prefetch(ahead_ + group * step + i);
    }

    dot::quad quad(index_t group, int number) const {
        const dot::quad q = codes::load(codes_ + group * codes::bytes, number);
        if constexpr (quant::has_levels<F>) return dot::look_up(F::levels, q);
        return q;
    }
    simd::floats scale(index_t group, int span) const {
        return scales::scale(block_at(group), group % quant::block_groups<F> * kind.spans() + span);
    }
    simd::floats base(index_t group) const { return scales::base(block_at(group), group % quant::block_groups<F>); }

private:
    using codes = packed_codes<quant::code_bits<F>>;
    using scales = packed_scales<F>;

    static simd::bytes stored_codes(const block& b, index_t group) {
        if constexpr (quant::has_levels<F>) {
            return F::level_numbers(b, group);
        } else {
            return F::codes(b, group);
        }
    }
    const std::byte* block_at(index_t group) const { return scales_ + group / quant::block_groups<F> * scales::bytes; }

    static constexpr index_t prefetch_distance = 8192;

    const std::byte* codes_;
    const std::byte* scales_;
    const std::byte* ahead_;
};

}
