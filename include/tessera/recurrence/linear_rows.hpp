// What a head with a matrix as its state reads of each row, and the blocks of value columns that its kernels go by.
#pragma once

#include <algorithm>
#include <cassert>
#include <type_traits>

#include "tessera/core/view.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::recurrence {

// One head's rows of one sequence.
struct linear_rows {
    view<const float> q, k;     // [rows, key_dim]
    view<const float> v;        // [rows, value_dim]
    view<const float, 1> gain;  // [rows]: how much of k vᵀ a row adds, or of its correction
    view<const float> decay;    // [rows, key_dim]: how much of the state stays; see shared_decay
};

// One decay a row, the same for all of its key channels.
inline view<const float> shared_decay(view<const float, 1> of_rows, index_t key_dim) {
    return {of_rows.data(), {of_rows.extent(0), key_dim}, {of_rows.stride(0), 0}};
}

namespace detail {

template <int Registers>
using registers = std::integral_constant<int, Registers>;

// f(registers, c, n) for the value columns [c, c + n), n <= registers · lanes, of a state before → after; the bits of a
// column do not depend on its block.
template <class F>
void by_columns(const linear_rows& rows, view<float> out, const float* before, float* after, F f) {
    const index_t key_dim = rows.k.extent(1), value_dim = rows.v.extent(1);
    assert(rows.q.extents() == rows.k.extents() && rows.decay.extents() == rows.k.extents());
    assert(out.extents() == rows.v.extents());
    if (out.extent(0) == 0 && before != after) std::copy_n(before, key_dim * value_dim, after);
    constexpr index_t wide = 4 * simd::lanes;  // four sums hide the latency of one
    index_t c = 0;
    for (; c + wide <= value_dim; c += wide) f(registers<4>{}, c, wide);
    for (; c < value_dim; c += simd::lanes) f(registers<1>{}, c, std::min(simd::lanes, value_dim - c));
}

}

}
