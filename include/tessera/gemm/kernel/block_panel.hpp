// A panel of unpacked weights, rows in lanes, and its product with a few rows of activations.
#pragma once

#include "tessera/gemm/kernel/dot.hpp"
#include "tessera/quant/activations.hpp"

namespace tessera::inline TESSERA_ABI::gemm::kernel {

// `lanes` rows of blocks; where fewer are left the last one stands in for the missing.
template <quant::format F>
class lane_rows {
public:
    using block = typename F::block;

    lane_rows(const block* first, index_t stride, index_t rows) : stride_(stride) {
        for (index_t l = 0; l < dot::lanes; ++l) row_[l] = first + (l < rows ? l : rows - 1) * stride;
    }

    quant::lane_scales<F> scales(index_t b) const { return quant::lane_scales<F>(row_, b); }
    void codes(index_t b, index_t group, simd::bytes (&to)[dot::lanes]) const {
#pragma GCC unroll 16
        for (index_t l = 0; l < dot::lanes; ++l) to[l] = F::codes(row_[l][b], group);
    }
    // The next tile of rows lies right behind this one: asks for the part of it that is as far along as this group.
    void prefetch(index_t group) const {
        constexpr index_t step = index_t(sizeof(block)) * dot::lanes / quant::block_groups<F>;
        const char* next = reinterpret_cast<const char*>(row_[0] + dot::lanes * stride_) + group * step;
#pragma GCC unroll 8
        for (index_t i = 0; i < step; i += 64) __builtin_prefetch(next + i);
    }

private:
    const block* row_[dot::lanes];
    index_t stride_;
};

// What a group of activations contributes besides its codes.
struct group_activations {
    float scale;
    float sum;
    const std::int16_t* code_sums;
};

// sum + scale · Σ q · (code − offset) over one span, whose Σ q · code is `dot`.
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

template <code_kind Kind>
class block_panel {
public:
    static constexpr index_t most_groups = 64;  // 16 KiB of codes on eight lanes: half of a first-level cache

    template <quant::format F>
    requires(F::kind == Kind) void fill(const lane_rows<F>& w, range blocks) {
        groups_ = 0;
        for (index_t b = blocks.begin; b < blocks.end; ++b) {
            const quant::lane_scales<F> s = w.scales(b);
            for (index_t g = 0; g < quant::block_groups<F>; ++g, ++groups_) {
                w.prefetch(b * quant::block_groups<F> + g);
                simd::bytes rows[dot::lanes];
                w.codes(b, g, rows);
                dot::store_quads(rows, codes_ + groups_ * group_bytes);
                for (index_t i = 0; i < Kind.spans(); ++i)
                    simd::store(s.scale[g * Kind.spans() + i], scales_ + (groups_ * Kind.spans() + i) * dot::lanes);
                if constexpr (Kind.has_base) simd::store(s.base[g], bases_ + groups_ * dot::lanes);
            }
        }
    }

    index_t groups() const { return groups_; }
    const std::byte* quads(index_t group, int span) const {
        return codes_ + group * group_bytes + span * (group_bytes / Kind.spans());
    }
    simd::floats scale(index_t group, int span) const {
        return simd::load(scales_ + (group * Kind.spans() + span) * dot::lanes);
    }
    simd::floats base(index_t group) const { return simd::load(bases_ + group * dot::lanes); }

private:
    static constexpr index_t group_bytes = 32 * dot::lanes;

    alignas(64) std::byte codes_[most_groups * group_bytes];
    alignas(64) float scales_[most_groups * Kind.spans() * dot::lanes];
    alignas(64) float bases_[Kind.has_base ? most_groups * dot::lanes : 1];
    index_t groups_ = 0;
};

// Σ q · code over one span for Rows rows of activations, `stride` apart.
template <code_kind Kind, int Rows>
void dot_span(const std::byte* quads, const std::int8_t* q, index_t stride, simd::ints (&dots)[Rows]) {
    constexpr int count = Kind.span / 4, batch = dot::template batch<Kind>;
    typename dot::wide sum[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < count; ++i) {
        const auto codes = dot::load_quad(quads + i * 4 * dot::lanes);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const auto a = dot::broadcast(q + r * stride + 4 * i);
            sum[r] = dot::template accumulate<Kind>(i % batch == 0 ? dot::zero() : sum[r], codes, a);
            if (i % batch == batch - 1 || i == count - 1)
                dots[r] = i < batch ? dot::narrow(sum[r]) : dots[r] + dot::narrow(sum[r]);
        }
    }
}

// y[row …, 0 …] += rows of x from group `group` on, times the panel; one chain per element whatever Rows is.
template <code_kind Kind, int Rows>
[[gnu::flatten]] void panel_times_tile(const block_panel<Kind>& p, const quant::activations& x, index_t row,
                                       index_t group, view<float> y, bool go_on) {
    const index_t columns = y.extent(1);
    const std::int8_t* q = x.q + row * x.inputs + 32 * group;
    const index_t first = row * x.groups() + group;
    simd::floats sum[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
        const float* from = y.data() + (row + r) * y.stride(0);
        sum[r] = !go_on ? simd::zero() : columns == dot::lanes ? simd::load(from) : simd::load_first(from, columns);
    }
    for (index_t g = 0; g < p.groups(); ++g, q += 32) {
        const auto a = [&](int r) {
            const index_t at = first + r * x.groups() + g;
            return group_activations{x.scales[at], x.sums[at], x.code_sums + 2 * at};
        };
        const auto add = [&](int s) {
            simd::ints dots[Rows];
            dot_span<Kind, Rows>(p.quads(g, s), q + s * 16, x.inputs, dots);
            const simd::floats scale = p.scale(g, s);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r) sum[r] = add_span<Kind>(sum[r], dots[r], a(r), s, scale);
        };
        add(0);
        if constexpr (Kind.span == 16) add(1);
        if constexpr (Kind.has_base) {
            const simd::floats base = p.base(g);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r) sum[r] = add_base(sum[r], a(r), base);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) store_columns(sum[r], y.data() + (row + r) * y.stride(0), columns);
}

}
