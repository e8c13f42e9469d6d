// Views as Eigen maps and Eigen matrices as views; the only header that includes Eigen. Nothing is copied.
#pragma once

#include <type_traits>

#include <Eigen/Core>

#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::interop {

namespace eigen {

template <class T>
using matrix =
    std::conditional_t<std::is_const_v<T>,
                       const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                       Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
template <class T>
using vector = std::conditional_t<std::is_const_v<T>, const Eigen::Vector<std::remove_const_t<T>, Eigen::Dynamic>,
                                  Eigen::Vector<T, Eigen::Dynamic>>;
using strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;

template <class T, class Derived>
auto view_of(T* data, const Derived& m) {
    const index_t inner = m.innerStride(), outer = m.outerStride();
    if constexpr (Derived::IsVectorAtCompileTime) {
        return view<T, 1>(data, {m.size()}, {inner});
    } else {
        constexpr bool by_rows = Derived::IsRowMajor;
        return view<T, 2>(data, {m.rows(), m.cols()}, {by_rows ? outer : inner, by_rows ? inner : outer});
    }
}

}

// A matrix view with any strides. M(i, j) is the element x(i, j).
template <class T>
auto as_eigen(view<T, 2> x) {
    return Eigen::Map<eigen::matrix<T>, Eigen::Unaligned, eigen::strides>(x.data(), x.extent(0), x.extent(1),
                                                                          eigen::strides(x.stride(0), x.stride(1)));
}
// A vector view as a column.
template <class T>
auto as_eigen(view<T, 1> x) {
    return Eigen::Map<eigen::vector<T>, Eigen::Unaligned, Eigen::InnerStride<>>(x.data(), x.extent(0),
                                                                                Eigen::InnerStride<>(x.stride(0)));
}

// Of a matrix, map or block that owns or refers to elements, in either storage order; it must outlive the view.
template <class Derived>
auto as_view(Eigen::DenseBase<Derived>& m) {
    return eigen::view_of(m.derived().data(), m.derived());
}
template <class Derived>
auto as_view(const Eigen::DenseBase<Derived>& m) {
    return eigen::view_of(m.derived().data(), m.derived());
}

}
