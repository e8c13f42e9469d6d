// Products of rows of activations with `lanes` rows of weights: from the packed tile itself, or from a panel of it
// whose codes are bytes.
#pragma once

#include "tessera/gemm/kernel/packed_tile.hpp"
#include "tessera/quant/activations.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// What a group of activations contributes besides its codes.
struct group_activations {
    float scale;
    float sum;
    const std::int16_t* code_sums;
};

// sum + scale · Σ q · (code − offset) over one span, whose Σ q · code is `dot_sum`.
template <code_kind Kind>
simd::floats add_span(simd::floats sum, simd::ints dot_sum, const group_activations& a, int span, simd::floats scale) {
    if constexpr (Kind.offset != 0) {
        const bool first = Kind.span == 32 || span == 0, last = Kind.span == 32 || span == 1;
        dot_sum = dot_sum - dot::weigh(a.code_sums, first ? Kind.offset : 0, last ? Kind.offset : 0);
    }
    return simd::fmadd(scale * simd::floats(a.scale), simd::to_floats(dot_sum), sum);
}

// sum + base · Σ x over one group.
inline simd::floats add_base(simd::floats sum, const group_activations& a, simd::floats base) {
    return simd::fmadd(base, simd::floats(a.sum), sum);
}

inline void store_columns(simd::floats v, float* to, index_t columns) {
    if (columns >= dot::lanes) {
        simd::store(v, to);
    } else {
        simd::store_first(v, to, columns);
    }
}

// Some groups of a tile, unpacked once for many rows of activations.
template <code_kind Kind>
class block_panel {
public:
    static constexpr code_kind kind = Kind;
    static constexpr index_t most_groups = 64;  // 16 KiB of codes on eight lanes: half of a first-level cache

    template <class Tile>
    requires(Tile::kind == Kind) void fill(const Tile& tile, range groups) {
        for (index_t g = groups.begin; g < groups.end; ++g) {
            const index_t at = g - groups.begin;
            tile.prefetch(g);
#pragma GCC unroll 8
            for (int q = 0; q < 8; ++q) dot::store_quad(tile.quad(g, q), codes_ + at * group_bytes + q * quad_bytes);
            for (int s = 0; s < Kind.spans(); ++s)
                simd::store(tile.scale(g, s), scales_ + (at * Kind.spans() + s) * dot::lanes);
            if constexpr (Kind.has_base) simd::store(tile.base(g), bases_ + at * dot::lanes);
        }
    }

    dot::quad quad(index_t group, int number) const {
        return dot::load_quad(codes_ + group * group_bytes + number * quad_bytes);
    }
    simd::floats scale(index_t group, int span) const {
        return simd::load(scales_ + (group * Kind.spans() + span) * dot::lanes);
    }
    simd::floats base(index_t group) const { return simd::load(bases_ + group * dot::lanes); }

private:
    static constexpr index_t quad_bytes = 4 * dot::lanes, group_bytes = 8 * quad_bytes;

    alignas(64) std::byte codes_[most_groups * group_bytes];
    alignas(64) float scales_[most_groups * Kind.spans() * dot::lanes];
    alignas(64) float bases_[Kind.has_base ? most_groups * dot::lanes : 1];
};

// Σ q · code over one span of a group for Rows rows of activations, `stride` apart.
template <int Rows, class Weights>
void dot_span(const Weights& w, index_t group, int span, const std::int8_t* q, index_t stride,
              simd::ints (&dots)[Rows]) {
    constexpr code_kind kind = Weights::kind;
    constexpr int count = kind.span / 4, batch = dot::template batch<kind>;
    typename dot::wide sum[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < count; ++i) {
        const auto codes = w.quad(group, span * count + i);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const auto a = dot::broadcast(q + r * stride + 4 * i);
            sum[r] = dot::template accumulate<kind>(i % batch == 0 ? dot::zero() : sum[r], codes, a);
            if (i % batch == batch - 1 || i == count - 1)
                dots[r] = i < batch ? dot::narrow(sum[r]) : dots[r] + dot::narrow(sum[r]);
        }
    }
}

// y[row …, 0 …] += rows of x from group `first` on, times the groups [0, groups) of w; one chain per element whatever
// Rows is. (Flattened: a call in the loop would cost a spill of every register.)
template <int Rows, class Weights>
[[gnu::flatten]] void multiply_tile(const Weights& w, index_t groups, const quant::activations& x, index_t row,
                                    index_t first, view<float> y, bool go_on) {
    constexpr code_kind kind = Weights::kind;
    const index_t columns = y.extent(1);
    const std::int8_t* q = x.q + row * x.inputs + 32 * first;
    const index_t at = row * x.groups() + first;
    simd::floats sum[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
        const float* from = y.data() + (row + r) * y.stride(0);
        sum[r] = !go_on ? simd::zero() : columns == dot::lanes ? simd::load(from) : simd::load_first(from, columns);
    }
    for (index_t g = 0; g < groups; ++g, q += 32) {
        if constexpr (requires { w.prefetch(g); }) w.prefetch(g);
        const auto a = [&](int r) {
            const index_t i = at + r * x.groups() + g;
            return group_activations{x.scales[i], x.sums[i], x.code_sums + 2 * i};
        };
        const auto add = [&](int s) {
            simd::ints dots[Rows];
            dot_span<Rows>(w, g, s, q + s * 16, x.inputs, dots);
            const simd::floats scale = w.scale(g, s);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r) sum[r] = add_span<kind>(sum[r], dots[r], a(r), s, scale);
        };
        add(0);
        if constexpr (kind.span == 16) add(1);
        if constexpr (kind.has_base) {
            const simd::floats base = w.base(g);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r) sum[r] = add_base(sum[r], a(r), base);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) store_columns(sum[r], y.data() + (row + r) * y.stride(0), columns);
}

// The same for all rows of x, at most Most at a time.
template <int Most, class Weights>
void multiply_rows(const Weights& w, index_t groups, const quant::activations& x, index_t first, view<float> y,
                   bool go_on) {
    index_t r = 0;
    for (; r + Most <= x.rows; r += Most) multiply_tile<Most>(w, groups, x, r, first, y, go_on);
    if constexpr (Most > 1) {
        if (r < x.rows) multiply_rows<Most / 2>(w, groups, x.slice({r, x.rows}), first, y.slice({r, x.rows}), go_on);
    }
}

}
