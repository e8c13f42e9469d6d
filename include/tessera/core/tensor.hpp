// An owning, 64-byte aligned, row-major array that reads as a view.
#pragma once

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI {

inline constexpr std::size_t alignment = 64;

// Elements start as zero.
template <class T, int Rank = 2>
class tensor {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    tensor() = default;
    explicit tensor(std::array<index_t, Rank> extents) : extents_(extents), data_(allocate(size())) {}

    tensor(const tensor& other) : extents_(other.extents_), data_(allocate(other.size())) {
        std::copy_n(other.data_, other.size(), data_);
    }
    tensor(tensor&& other) noexcept
        : extents_(std::exchange(other.extents_, {})), data_(std::exchange(other.data_, nullptr)) {}
    tensor& operator=(tensor other) noexcept {
        std::swap(extents_, other.extents_);
        std::swap(data_, other.data_);
        return *this;
    }
    ~tensor() { ::operator delete(data_, std::align_val_t{alignment}); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    const std::array<index_t, Rank>& extents() const { return extents_; }
    index_t extent(int axis) const { return extents_[std::size_t(axis)]; }
    index_t size() const {
        index_t n = 1;
        for (index_t e : extents_) n *= e;
        return n;
    }
    index_t bytes() const { return size() * index_t(sizeof(T)); }

    tessera::view<T, Rank> view() { return {data_, extents_}; }
    tessera::view<const T, Rank> view() const { return {data_, extents_}; }
    operator tessera::view<T, Rank>() { return view(); }
    operator tessera::view<const T, Rank>() const { return view(); }
    std::span<T> flat() { return {data_, std::size_t(size())}; }
    std::span<const T> flat() const { return {data_, std::size_t(size())}; }

    template <class... I>
    T& operator()(I... i) {
        return view()(i...);
    }
    template <class... I>
    const T& operator()(I... i) const {
        return view()(i...);
    }

private:
    static T* allocate(index_t n) {
        if (n == 0) return nullptr;
        auto* p = static_cast<T*>(::operator new(std::size_t(n) * sizeof(T), std::align_val_t{alignment}));
        std::fill_n(p, n, T{});
        return p;
    }

    std::array<index_t, Rank> extents_{};
    T* data_ = nullptr;
};

}
