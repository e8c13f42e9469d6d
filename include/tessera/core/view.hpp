// A non-owning, strided window on numbers: pointer, extents, strides (in elements). Every operation takes views.
#pragma once

#include <array>
#include <cassert>
#include <span>
#include <type_traits>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

template <class T, int Rank = 2>
class view {
public:
    using element_type = T;
    static constexpr int rank = Rank;

    constexpr view() = default;

    // Row-major and dense.
    constexpr view(T* data, std::array<index_t, Rank> extents) : data_(data), extents_(extents) {
        index_t stride = 1;
        for (int i = Rank - 1; i >= 0; --i) {
            strides_[std::size_t(i)] = stride;
            stride *= extents[std::size_t(i)];
        }
    }
    constexpr view(T* data, std::array<index_t, Rank> extents, std::array<index_t, Rank> strides)
        : data_(data), extents_(extents), strides_(strides) {}

    // view<T> reads as view<const T>.
    template <class U>
        requires(std::is_same_v<const U, T> && !std::is_same_v<U, T>)
    constexpr view(view<U, Rank> other) : data_(other.data()), extents_(other.extents()), strides_(other.strides()) {}

    constexpr T* data() const { return data_; }
    constexpr index_t extent(int axis) const { return extents_[std::size_t(axis)]; }
    constexpr index_t stride(int axis) const { return strides_[std::size_t(axis)]; }
    constexpr const std::array<index_t, Rank>& extents() const { return extents_; }
    constexpr const std::array<index_t, Rank>& strides() const { return strides_; }

    constexpr index_t size() const {
        index_t n = 1;
        for (index_t e : extents_) n *= e;
        return n;
    }
    constexpr bool empty() const { return size() == 0; }
    constexpr bool contiguous() const {
        index_t stride = 1;
        for (int i = Rank - 1; i >= 0; --i) {
            if (extent(i) != 1 && strides_[std::size_t(i)] != stride) return false;
            stride *= extent(i);
        }
        return true;
    }

    // One element: x(row, column).
    template <class... I>
        requires(sizeof...(I) == Rank)
    constexpr T& operator()(I... i) const {
        const std::array<index_t, Rank> at{static_cast<index_t>(i)...};
        index_t offset = 0;
        for (int d = 0; d < Rank; ++d) {
            assert(at[std::size_t(d)] >= 0 && at[std::size_t(d)] < extent(d));
            offset += at[std::size_t(d)] * strides_[std::size_t(d)];
        }
        return data_[offset];
    }

    // x[i]: the i-th slice along the first axis, or the i-th element of a vector.
    constexpr decltype(auto) operator[](index_t i) const {
        assert(i >= 0 && i < extent(0));
        if constexpr (Rank == 1) {
            return (data_[i * strides_[0]]);
        } else {
            std::array<index_t, Rank - 1> extents{};
            std::array<index_t, Rank - 1> strides{};
            for (std::size_t d = 1; d < std::size_t(Rank); ++d) {
                extents[d - 1] = extents_[d];
                strides[d - 1] = strides_[d];
            }
            return view<T, Rank - 1>(data_ + i * strides_[0], extents, strides);
        }
    }

    // Rows [rows.begin, rows.end) of the first axis.
    constexpr view slice(range rows) const {
        assert(rows.begin >= 0 && rows.begin <= rows.end && rows.end <= extent(0));
        view part = *this;
        part.data_ = data_ + rows.begin * strides_[0];
        part.extents_[0] = rows.size();
        return part;
    }
    // Columns [columns.begin, columns.end) of the last axis.
    constexpr view columns(range columns) const {
        assert(columns.begin >= 0 && columns.begin <= columns.end && columns.end <= extent(Rank - 1));
        view part = *this;
        part.data_ = data_ + columns.begin * strides_[Rank - 1];
        part.extents_[Rank - 1] = columns.size();
        return part;
    }

    // The elements as one span; only when contiguous().
    constexpr std::span<T> flat() const {
        assert(contiguous());
        return {data_, std::size_t(size())};
    }

private:
    T* data_ = nullptr;
    std::array<index_t, Rank> extents_{};
    std::array<index_t, Rank> strides_{};
};

template <class T>
constexpr view<T, 1> as_view(std::span<T> s) {
    return view<T, 1>(s.data(), {index_t(s.size())});
}

}
