// Element by element on matrices: copy, map, add, multiply, scale; rows may be strided, results may overwrite
// arguments.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include "tessera/core/view.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/ops/activation.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// First element of a row whose elements lie side by side.
template <class T>
T* row_of(view<T> x, index_t row) {
    assert(x.extent(1) <= 1 || x.stride(1) == 1);
    return x.data() + row * x.stride(0);
}

inline void copy(view<const float, 1> from, view<float, 1> to) {
    assert(from.extent(0) == to.extent(0) && from.stride(0) == 1 && to.stride(0) == 1);
    std::copy_n(from.data(), from.extent(0), to.data());
}
inline void copy(view<const float> from, view<float> to) {
    assert(from.extents() == to.extents());
    for (index_t row = 0; row < from.extent(0); ++row) std::copy_n(row_of(from, row), from.extent(1), row_of(to, row));
}

// y = f(x) where f is an activation or anything else that maps a register.
template <class F>
void map(const F& f, view<const float> x, view<float> y, exec::executor_ref run) {
    assert(x.extents() == y.extents());
    exec::for_rows(run, x.extent(0), x.extent(1), [&](index_t row) {
        simd::map(row_of(x, row), row_of(y, row), x.extent(1), [&](simd::floats v) { return f(v); });
    });
}

// z = f(x, y).
template <class F>
void map(const F& f, view<const float> x, view<const float> y, view<float> z, exec::executor_ref run) {
    assert(x.extents() == y.extents() && x.extents() == z.extents());
    exec::for_rows(run, x.extent(0), x.extent(1),
                   [&](index_t row) { simd::map(row_of(x, row), row_of(y, row), row_of(z, row), x.extent(1), f); });
}

inline void add(view<const float> x, view<const float> y, view<float> z, exec::executor_ref run) {
    map([](simd::floats a, simd::floats b) { return a + b; }, x, y, z, run);
}
inline void multiply(view<const float> x, view<const float> y, view<float> z, exec::executor_ref run) {
    map([](simd::floats a, simd::floats b) { return a * b; }, x, y, z, run);
}

// x += factor · y
inline void add_scaled(view<float> x, view<const float> y, float factor, exec::executor_ref run) {
    map([f = simd::floats(factor)](simd::floats a, simd::floats b) { return simd::fmadd(f, b, a); }, x, y, x, run);
}

// x *= factor
inline void scale(view<float> x, float factor, exec::executor_ref run) {
    map([f = simd::floats(factor)](simd::floats a) { return a * f; }, x, x, run);
}

// Every element of x is limited to ±limit.
inline void clip(view<float> x, float limit, exec::executor_ref run) {
    const simd::floats most(limit), least(-limit);
    map([=](simd::floats a) { return simd::max(simd::min(a, most), least); }, x, x, run);
}

// Row r of x *= factors[r].
inline void scale_rows(view<float> x, std::span<const float> factors, exec::executor_ref run) {
    assert(index_t(factors.size()) == x.extent(0));
    exec::for_rows(run, x.extent(0), x.extent(1), [&](index_t row) {
        const simd::floats f(factors[std::size_t(row)]);
        simd::map(row_of(x, row), row_of(x, row), x.extent(1), [f](simd::floats v) { return v * f; });
    });
}

// x = cap · tanh(x / cap)
inline void softcap(view<float> x, float cap, exec::executor_ref run) { map(softcap_to(cap), x, x, run); }

}
