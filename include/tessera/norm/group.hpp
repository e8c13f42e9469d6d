// (x - mean) / √(variance + ε) over all rows and a group of channels, times a weight, plus a bias (Wu and He 2018).
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "tessera/core/tensor.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::norm {

// The groups share the channels evenly. A row depends on all others, so that decoders cannot use it.
struct group {
    index_t groups = 1;
    tensor<float, 1> weight{}, bias{};  // [channels]
    float epsilon = 1e-5f;

    // x and y: [rows, channels]; y may be x.
    void operator()(view<const float> x, view<float> y, exec::executor_ref run) const {
        assert(x.extents() == y.extents() && x.extent(1) == weight.size() && x.extent(1) % groups == 0);
        const index_t width = x.extent(1) / groups, together = std::max<index_t>(1, block / width) * width;
        const index_t grain = exec::row_grain(5 * x.extent(0) * together);
        run.run(ceil_div(x.extent(1), together), grain, [&](range units, index_t) {
            for (index_t u = units.begin; u < units.end; ++u)
                normalise(x, y, {u * together, std::min((u + 1) * together, x.extent(1))}, width);
        });
    }

private:
    // Columns are worked on so many at a time, at most: whole groups where they are narrow, parts of one where not.
    static constexpr index_t block = 64;
    using sums = std::array<double, std::size_t(block)>;
    using numbers = std::array<float, std::size_t(block)>;

    // The mean is taken off in two parts, the second being that of what the first leaves, as in layer_row.
    void normalise(view<const float> x, view<float> y, range columns, index_t width) const {
        const double count = double(x.extent(0) * width);
        const auto mean_of = [count](double sum) { return sum / count; };
        const numbers high =
            of_groups(column_sums(x, columns, [](simd::floats v, index_t) { return v; }), width, mean_of);
        const auto less_high = [&](simd::floats v, index_t c) { return v - simd::load(&high[std::size_t(c)]); };
        const numbers low = of_groups(column_sums(x, columns, less_high), width, mean_of);
        const auto centred = [&](simd::floats v, index_t c) {
            return less_high(v, c) - simd::load(&low[std::size_t(c)]);
        };
        const auto squared = [&](simd::floats v, index_t c) { return centred(v, c) * centred(v, c); };
        const numbers factor = of_groups(column_sums(x, columns, squared), width,
                                         [&](double sum) { return 1.0 / std::sqrt(sum / count + double(epsilon)); });
        for_pieces(x, columns, [&](index_t r, index_t column, index_t n, index_t c) {
            const simd::floats v = centred(simd::load_up_to(&x(r, column), n), c) * simd::load(&factor[std::size_t(c)]);
            const simd::floats w = simd::load_up_to(weight.data() + column, n);
            simd::store_up_to(simd::fmadd(v, w, simd::load_up_to(bias.data() + column, n)), &y(r, column), n);
        });
    }

    // f(row, column, n, c) for the n <= lanes columns from `column` on, of which the first is c-th in its block.
    template <class F>
    static void for_pieces(view<const float> x, range columns, F f) {
        for (index_t r = 0; r < x.extent(0); ++r)
            for (index_t begin = columns.begin; begin < columns.end; begin += simd::lanes)
                f(r, begin, std::min(simd::lanes, columns.end - begin), (begin - columns.begin) % block);
    }

    // Of f(x, c) over all rows, those of columns a block apart together: in floats for 64 numbers, then in double.
    template <class F>
    static sums column_sums(view<const float> x, range columns, F f) {
        constexpr index_t rows_at_once = 64;
        sums all{};
        for (index_t row = 0; row < x.extent(0); row += rows_at_once)
            for (index_t begin = columns.begin; begin < columns.end; begin += block) {
                numbers some{};
                const range part{begin, std::min(begin + block, columns.end)};
                for_pieces(x.slice({row, std::min(row + rows_at_once, x.extent(0))}), part,
                           [&](index_t r, index_t column, index_t n, index_t c) {
                               float* const to = &some[std::size_t(c)];
                               const simd::floats v = f(simd::load_up_to(&x(row + r, column), n), c);
                               simd::store_up_to(simd::load_up_to(to, n) + v, to, n);
                           });
                for (std::size_t c = 0; c < all.size(); ++c) all[c] += double(some[c]);
            }
        return all;
    }

    // f(the sum of a column's group), for each column of a block.
    template <class F>
    static numbers of_groups(const sums& s, index_t width, F f) {
        numbers all{};
        const index_t shared = std::min(width, block);
        for (index_t begin = 0; begin + shared <= block; begin += shared) {
            const auto first = s.begin() + begin;
            const auto result = static_cast<float>(f(std::accumulate(first, first + shared, 0.0)));
            std::fill_n(all.begin() + begin, shared, result);
        }
        return all;
    }
};

}
