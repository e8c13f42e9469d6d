// The element types that files hold: plain numbers, and blocks of quantised weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::quant {

enum class storage : std::uint8_t {
    f32, f16, bf16, f64, i8, u8, i16, i32, i64, boolean,      // plain
    q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k, q6_k, iq4_nl, mxfp4,  // blocks along a row, as GGUF lays them out
};

struct storage_traits {
    std::string_view name;
    index_t block_elements;  // elements of one block along a row
    index_t block_bytes;
};

constexpr storage_traits traits_of(storage s) {
    switch (s) {
        case storage::f32: return {"f32", 1, 4};
        case storage::f16: return {"f16", 1, 2};
        case storage::bf16: return {"bf16", 1, 2};
        case storage::f64: return {"f64", 1, 8};
        case storage::i8: return {"i8", 1, 1};
        case storage::u8: return {"u8", 1, 1};
        case storage::i16: return {"i16", 1, 2};
        case storage::i32: return {"i32", 1, 4};
        case storage::i64: return {"i64", 1, 8};
        case storage::boolean: return {"bool", 1, 1};
        case storage::q4_0: return {"q4_0", 32, 18};
        case storage::q4_1: return {"q4_1", 32, 20};
        case storage::q5_0: return {"q5_0", 32, 22};
        case storage::q5_1: return {"q5_1", 32, 24};
        case storage::q8_0: return {"q8_0", 32, 34};
        case storage::q4_k: return {"q4_k", 256, 144};
        case storage::q5_k: return {"q5_k", 256, 176};
        case storage::q6_k: return {"q6_k", 256, 210};
        case storage::iq4_nl: return {"iq4_nl", 32, 18};
        case storage::mxfp4: return {"mxfp4", 32, 17};
    }
    return {"?", 1, 0};
}

constexpr std::string_view name_of(storage s) { return traits_of(s).name; }

// A tensor as it lies in a file: nothing is copied or converted, and whoever owns the bytes must outlive it.
struct stored_tensor {
    static constexpr int max_rank = 4;

    storage format = storage::f32;
    int rank = 0;
    index_t extents[max_rank] = {};  // row-major, outermost first
    std::span<const std::byte> bytes;

    constexpr index_t extent(int axis) const { return extents[axis]; }
    constexpr index_t size() const {
        index_t n = 1;
        for (int i = 0; i < rank; ++i) n *= extents[i];
        return n;
    }
    // The innermost extent, along which blocks lie, and how many such rows there are.
    constexpr index_t columns() const { return rank == 0 ? 1 : extents[rank - 1]; }
    constexpr index_t rows() const { return columns() == 0 ? 0 : size() / columns(); }
    constexpr index_t row_bytes() const {
        const storage_traits t = traits_of(format);
        return columns() / t.block_elements * t.block_bytes;
    }
    constexpr std::span<const std::byte> row(index_t r) const {
        return bytes.subspan(std::size_t(r * row_bytes()), std::size_t(row_bytes()));
    }
};

}
