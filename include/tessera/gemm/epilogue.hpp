// What happens to a finished piece of a product before it leaves the cache: bias, activation, gate, residual, composed with |.
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

// A non-owning handle to any epilogue, applied to a finished piece of C in place: one indirect call per piece, so that the
// products themselves are compiled once per stored type.
class epilogue_ref {
public:
    template <epilogue E>
    epilogue_ref(const E& how)
        : object_(&how), apply_([](const void* object, view<float> c, index_t row, index_t column) {
              const E& e = *static_cast<const E*>(object);
              for (index_t r = 0; r < c.extent(0); ++r) {
                  float* x = c.data() + r * c.stride(0);
                  index_t i = 0;
                  for (; i + simd::lanes <= c.extent(1); i += simd::lanes)
                      simd::store(e(simd::load(x + i), row + r, column + i), x + i);
                  for (; i < c.extent(1); ++i) x[i] = e(x[i], row + r, column + i);
              }
          }) {}

    // c is the piece whose first element is C[row, column].
    void operator()(view<float> c, index_t row, index_t column) const { apply_(object_, c, row, column); }

private:
    const void* object_;
    void (*apply_)(const void*, view<float>, index_t, index_t);
};

inline constexpr identity no_epilogue{};

}
