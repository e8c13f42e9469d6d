// The scales and bases of block b in each of simd::lanes rows, rows in lanes: what packing must keep.
#pragma once

#include <utility>

#include "tessera/quant/format.hpp"

namespace tessera::testing {

template <quant::format F>
struct lane_scales {
    using block = typename F::block;

    simd::floats scale[std::size_t(quant::block_spans<F>)];
    simd::floats base[std::size_t(F::kind.has_base ? quant::block_groups<F> : 1)];

    explicit lane_scales(const block* const (&rows)[simd::lanes], index_t b = 0) {
        const auto block_of = [&](index_t lane) -> const block& { return rows[lane][b]; };
        quant::scale_type<F> units[simd::lanes];
        for (index_t l = 0; l < simd::lanes; ++l) units[l] = F::scale(block_of(l));
        scale[0] = simd::load(units);
        if constexpr (F::kind.has_base) {
            for (index_t l = 0; l < simd::lanes; ++l) units[l] = F::base(block_of(l));
            base[0] = simd::load(units);
        }
        if constexpr (quant::has_factors<F>) {
            simd::ints words[F::factor_words];
            for (int i = 0; i < F::factor_words; ++i) {
                std::int32_t word[simd::lanes];
                for (index_t l = 0; l < simd::lanes; ++l) word[l] = quant::load_word(F::factor_bytes(block_of(l)), i);
                words[i] = simd::load_ints(word);
            }
            const simd::floats scale_unit = scale[0];
            const auto scales = [&]<int... I>(std::integer_sequence<int, I...>) {
                ((scale[I] = scale_unit * simd::to_floats(F::template scale_factor<I>(words))), ...);
            };
            scales(std::make_integer_sequence<int, int(quant::block_spans<F>)>{});
            if constexpr (F::kind.has_base) {
                const simd::floats base_unit = base[0];
                const auto bases = [&]<int... I>(std::integer_sequence<int, I...>) {
                    ((base[I] = base_unit * simd::to_floats(F::template base_factor<I>(words))), ...);
                };
                bases(std::make_integer_sequence<int, int(quant::block_groups<F>)>{});
            }
        }
    }
};

}
