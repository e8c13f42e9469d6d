// Registers for a processor that nobody has written intrinsics for: four numbers in an array, left to the compiler.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "tessera/core/bits.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::simd {

template <class T>
struct alignas(16) pack {
    static constexpr std::size_t size = 4;
    T x[size] = {};

    pack() = default;
    explicit pack(T all) {
        for (T& l : x) l = all;
    }
};

// f(a[l], b[l]) in every lane.
template <class R, class T, class F>
pack<R> each_lane(const pack<T>& a, const pack<T>& b, F f) {
    pack<R> r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = static_cast<R>(f(a.x[l], b.x[l]));
    return r;
}

using floats = pack<float>;
using ints = pack<std::int32_t>;
// All bits set where true, as in real registers.
struct mask : ints {};
struct ints_mask : ints {};
template <class T>
using mask_of = std::conditional_t<std::is_same_v<T, float>, mask, ints_mask>;

template <class T>
pack<T> operator+(const pack<T>& a, const pack<T>& b) {
    return each_lane<T>(a, b, [](T p, T q) { return p + q; });
}
template <class T>
pack<T> operator-(const pack<T>& a, const pack<T>& b) {
    return each_lane<T>(a, b, [](T p, T q) { return p - q; });
}
template <class T>
pack<T> operator-(const pack<T>& a) {
    return each_lane<T>(a, a, [](T p, T) { return -p; });
}
template <class T>
pack<T> operator*(const pack<T>& a, const pack<T>& b) {
    return each_lane<T>(a, b, [](T p, T q) { return p * q; });
}
inline floats operator/(const floats& a, const floats& b) {
    return each_lane<float>(a, b, [](float p, float q) { return p / q; });
}
inline ints operator&(const ints& a, const ints& b) {
    return each_lane<std::int32_t>(a, b, [](std::int32_t p, std::int32_t q) { return p & q; });
}
inline ints operator|(const ints& a, const ints& b) {
    return each_lane<std::int32_t>(a, b, [](std::int32_t p, std::int32_t q) { return p | q; });
}
inline ints operator^(const ints& a, const ints& b) {
    return each_lane<std::int32_t>(a, b, [](std::int32_t p, std::int32_t q) { return p ^ q; });
}
template <class T>
pack<T>& operator+=(pack<T>& a, const pack<T>& b) {
    return a = a + b;
}
template <class T>
pack<T>& operator-=(pack<T>& a, const pack<T>& b) {
    return a = a - b;
}
template <class T>
pack<T>& operator*=(pack<T>& a, const pack<T>& b) {
    return a = a * b;
}

template <class T, class F>
mask_of<T> compare(const pack<T>& a, const pack<T>& b, F f) {
    return {each_lane<std::int32_t>(a, b, [&](T p, T q) { return f(p, q) ? -1 : 0; })};
}
template <class T>
mask_of<T> operator<(const pack<T>& a, const pack<T>& b) {
    return compare(a, b, [](T p, T q) { return p < q; });
}
template <class T>
mask_of<T> operator<=(const pack<T>& a, const pack<T>& b) {
    return compare(a, b, [](T p, T q) { return p <= q; });
}
template <class T>
mask_of<T> operator>(const pack<T>& a, const pack<T>& b) {
    return b < a;
}
template <class T>
mask_of<T> operator>=(const pack<T>& a, const pack<T>& b) {
    return b <= a;
}
template <class T>
mask_of<T> operator==(const pack<T>& a, const pack<T>& b) {
    return compare(a, b, [](T p, T q) { return p == q; });
}
template <class T>
mask_of<T> operator!=(const pack<T>& a, const pack<T>& b) {
    return compare(a, b, [](T p, T q) { return p != q; });
}
template <class M>
concept any_mask = std::is_same_v<M, mask> || std::is_same_v<M, ints_mask>;
template <any_mask M>
M operator&(const M& a, const M& b) {
    return {static_cast<const ints&>(a) & static_cast<const ints&>(b)};
}
template <any_mask M>
M operator|(const M& a, const M& b) {
    return {static_cast<const ints&>(a) | static_cast<const ints&>(b)};
}
template <any_mask M>
M operator!(const M& a) {
    return {static_cast<const ints&>(a) ^ ints(-1)};
}
inline bool any(const mask& m) { return (m.x[0] | m.x[1] | m.x[2] | m.x[3]) != 0; }
inline bool all(const mask& m) { return (m.x[0] & m.x[1] & m.x[2] & m.x[3]) != 0; }
inline floats select(const mask& m, const floats& a, const floats& b) {
    floats r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = m.x[l] != 0 ? a.x[l] : b.x[l];
    return r;
}

#if defined(__FP_FAST_FMAF) || defined(__FMA__)
inline constexpr bool fused = true;  // fmadd rounds once
inline floats fmadd(const floats& a, const floats& b, const floats& c) {
    floats r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = std::fma(a.x[l], b.x[l], c.x[l]);
    return r;
}
#else
inline constexpr bool fused = false;
inline floats fmadd(const floats& a, const floats& b, const floats& c) { return a * b + c; }
#endif
inline floats fnmadd(const floats& a, const floats& b, const floats& c) { return fmadd(-a, b, c); }
inline floats min(const floats& a, const floats& b) { return select(a < b, a, b); }
inline floats max(const floats& a, const floats& b) { return select(a > b, a, b); }
inline floats abs(const floats& a) {
    return each_lane<float>(a, a, [](float p, float) { return std::fabs(p); });
}
inline floats divide(const floats& a, const floats& b) { return a / b; }
inline floats sqrt(const floats& a) {
    return each_lane<float>(a, a, [](float p, float) { return std::sqrt(p); });
}

inline floats to_floats(const ints& v) {
    floats r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = static_cast<float>(v.x[l]);
    return r;
}
template <class F>
ints convert_each(const floats& v, F f) {
    ints r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = f(v.x[l]);
    return r;
}
inline ints to_ints(const floats& v) {  // towards zero
    return convert_each(v, [](float p) { return static_cast<std::int32_t>(p); });
}
inline ints to_nearest(const floats& v) {
    return convert_each(v, [](float p) { return static_cast<std::int32_t>(std::nearbyint(p)); });
}
template <int Bits>
ints shift_left(const ints& v) {
    return each_lane<std::int32_t>(v, v, [](std::int32_t p, std::int32_t) {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(p) << Bits);
    });
}
template <int Bits>
ints shift_right(const ints& v) {
    return each_lane<std::int32_t>(v, v, [](std::int32_t p, std::int32_t) { return p >> Bits; });
}

// Lanes 2i and 2i + 1 exchanged.
inline floats swap_neighbours(const floats& v) {
    floats r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = v.x[l ^ 1];
    return r;
}
inline float first(const floats& v) { return v.x[0]; }
inline float reduce_add(const floats& v) { return (v.x[0] + v.x[2]) + (v.x[1] + v.x[3]); }
inline float reduce_max(const floats& v) {
    const float a = v.x[0] > v.x[2] ? v.x[0] : v.x[2], b = v.x[1] > v.x[3] ? v.x[1] : v.x[3];
    return a > b ? a : b;
}

template <class T>
floats load_floats(const T* p) {
    floats r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = float(p[l]);
    return r;
}
template <class T>
void store(const floats& v, T* p) {
    for (std::size_t l = 0; l < v.size; ++l) p[l] = T(v.x[l]);
}
inline ints load_ints(const std::int32_t* p) {
    ints r;
    for (std::size_t l = 0; l < r.size; ++l) r.x[l] = p[l];
    return r;
}
inline void store(const ints& v, std::int32_t* p) {
    for (std::size_t l = 0; l < v.size; ++l) p[l] = v.x[l];
}

}
