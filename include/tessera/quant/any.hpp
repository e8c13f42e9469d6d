// Rows of any stored element type, plain or in blocks, as floats.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tessera/core/bits.hpp"
#include "tessera/quant/iq4_nl.hpp"
#include "tessera/quant/mxfp4.hpp"
#include "tessera/quant/q4_0.hpp"
#include "tessera/quant/q4_1.hpp"
#include "tessera/quant/q4_k.hpp"
#include "tessera/quant/q5_0.hpp"
#include "tessera/quant/q5_1.hpp"
#include "tessera/quant/q5_k.hpp"
#include "tessera/quant/q6_k.hpp"
#include "tessera/quant/q8_0.hpp"
#include "tessera/quant/storage.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::quant {

// Calls f(std::type_identity<F>{}) with the block format F stored as s; false where s is plain.
template <class Function>
constexpr bool visit_format(storage s, Function&& f) {
    const auto try_each = [&]<class... F>(std::type_identity<F>... formats) {
        return ((s == F::id && (f(formats), true)) || ...);
    };
    return try_each(std::type_identity<q4_0>{}, std::type_identity<q4_1>{}, std::type_identity<q5_0>{},
                    std::type_identity<q5_1>{}, std::type_identity<q8_0>{}, std::type_identity<q4_k>{},
                    std::type_identity<q5_k>{}, std::type_identity<q6_k>{}, std::type_identity<iq4_nl>{},
                    std::type_identity<mxfp4>{});
}

// n plain numbers at any address. What a float cannot hold is rounded to the nearest.
template <class T>
void decode_plain(const std::byte* row, float* out, index_t n) {
    for (index_t i = 0; i < n; ++i) {
        T x;
        std::memcpy(&x, row + i * index_t(sizeof(T)), sizeof(T));
        out[i] = static_cast<float>(x);
    }
}

// T is f16 or bf16: whole registers first, then one by one.
template <class T>
void decode_half(const std::byte* row, float* out, index_t n) {
    index_t i = 0;
    for (; i + simd::lanes <= n; i += simd::lanes) {
        T x[simd::lanes];
        std::memcpy(x, row + 2 * i, sizeof(x));
        simd::store(simd::load(x), out + i);
    }
    decode_plain<T>(row + 2 * i, out + i, n - i);
}

template <format F>
void decode_blocks(const std::byte* row, float* out, index_t n) {
    assert(n % block_elements<F> == 0);
    const auto* blocks = reinterpret_cast<const typename F::block*>(row);
    for (index_t b = 0; b < n / block_elements<F>; ++b) F::decode(blocks[b], out + b * block_elements<F>);
}

// The first n elements of a row stored as s; n is a multiple of the block. The row may begin at any address.
inline void decode_row(storage s, const std::byte* row, float* out, index_t n) {
    switch (s) {
        case storage::f32:
            if (n > 0) std::memcpy(out, row, std::size_t(n) * sizeof(float));
            return;
        case storage::f16: return decode_half<f16>(row, out, n);
        case storage::bf16: return decode_half<bf16>(row, out, n);
        case storage::f64: return decode_plain<double>(row, out, n);
        case storage::i8: return decode_plain<std::int8_t>(row, out, n);
        case storage::u8: return decode_plain<std::uint8_t>(row, out, n);
        case storage::i16: return decode_plain<std::int16_t>(row, out, n);
        case storage::i32: return decode_plain<std::int32_t>(row, out, n);
        case storage::i64: return decode_plain<std::int64_t>(row, out, n);
        case storage::boolean: return decode_plain<std::uint8_t>(row, out, n);
        default: visit_format(s, [&]<class F>(std::type_identity<F>) { decode_blocks<F>(row, out, n); });
    }
}

}
