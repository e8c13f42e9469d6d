// What happens to a finished piece of a product before it leaves the cache: bias, activation, gate, residual, composed
// with |.
#pragma once

#include <concepts>

#include "tessera/core/view.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

// An epilogue turns the value of C[row, column …] into what is stored. It is written once: V is float in tails and
// simd::floats in bodies, where `column` is that of the first lane.
template <class E>
concept epilogue = requires(const E e, float x, simd::floats v, index_t i) {
    { e(x, i, i) } -> std::same_as<float>;
    { e(v, i, i) } -> std::same_as<simd::floats>;
};

struct identity {
    template <class V>
    V operator()(V x, index_t, index_t) const {
        return x;
    }
};

// x + b[column]
struct bias {
    const float* b;
    template <class V>
    V operator()(V x, index_t, index_t column) const {
        return x + simd::load<V>(b + column);
    }
};

// x · factor
struct scale {
    float factor;
    template <class V>
    V operator()(V x, index_t, index_t) const {
        return x * V(factor);
    }
};

// x + r[row, column]
struct residual {
    view<const float> r;
    template <class V>
    V operator()(V x, index_t row, index_t column) const {
        return x + simd::load<V>(r.data() + row * r.stride(0) + column);
    }
};

// x · f[row, column]: the other factor of a gated product.
struct times {
    view<const float> f;
    template <class V>
    V operator()(V x, index_t row, index_t column) const {
        return x * simd::load<V>(f.data() + row * f.stride(0) + column);
    }
};

template <epilogue A, epilogue B>
struct chain {
    A a;
    B b;
    template <class V>
    V operator()(V x, index_t row, index_t column) const {
        return b(a(x, row, column), row, column);
    }
};

// a, then b.
template <epilogue A, epilogue B>
constexpr chain<A, B> operator|(A a, B b) {
    return {a, b};
}

// A non-owning handle to any epilogue, applied to a finished piece of C on its way into y: one indirect call per piece,
// so that the products themselves are compiled once per stored type.
class epilogue_ref {
public:
    template <epilogue E>
    epilogue_ref(const E& how)
        : object_(&how),
          apply_([](const void* object, view<const float> sums, view<float> y, range columns, index_t row) {
              const E& e = *static_cast<const E*>(object);
              for (index_t r = 0; r < sums.extent(0); ++r) {
                  const float* const x = sums.data() + r * sums.stride(0) - columns.begin;
                  float* const out = y.data() + (row + r) * y.stride(0);
                  index_t i = columns.begin;
                  for (; i + simd::lanes <= columns.end; i += simd::lanes)
                      simd::store(e(simd::load(x + i), row + r, i), out + i);
                  for (; i < columns.end; ++i) out[i] = e(x[i], row + r, i);
              }
          }) {}

    // sums is C[row …, columns]; the same part of y is written, and an epilogue may read what y held there before.
    void operator()(view<const float> sums, view<float> y, range columns, index_t row) const {
        apply_(object_, sums, y, columns, row);
    }

private:
    const void* object_;
    void (*apply_)(const void*, view<const float>, view<float>, range, index_t);
};

inline constexpr identity no_epilogue{};

}
