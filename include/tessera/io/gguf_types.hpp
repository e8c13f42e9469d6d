// The element types of GGUF by number (ggml's ggml_type), with the ones that the library computes with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::io {

struct gguf_type {
    std::uint32_t number;
    std::string_view name;
    index_t block_elements;
    index_t block_bytes;
    std::optional<quant::storage> format;
};

constexpr gguf_type readable(std::uint32_t number, std::string_view name, quant::storage format) {
    const quant::storage_traits t = quant::traits_of(format);
    return {number, name, t.block_elements, t.block_bytes, format};
}

inline constexpr gguf_type gguf_types[] = {
    readable(0, "F32", quant::storage::f32),
    readable(1, "F16", quant::storage::f16),
    readable(2, "Q4_0", quant::storage::q4_0),
    readable(3, "Q4_1", quant::storage::q4_1),
    readable(6, "Q5_0", quant::storage::q5_0),
    readable(7, "Q5_1", quant::storage::q5_1),
    readable(8, "Q8_0", quant::storage::q8_0),
    {9, "Q8_1", 32, 40, {}},
    {10, "Q2_K", 256, 84, {}},
    {11, "Q3_K", 256, 110, {}},
    readable(12, "Q4_K", quant::storage::q4_k),
    readable(13, "Q5_K", quant::storage::q5_k),
    readable(14, "Q6_K", quant::storage::q6_k),
    {15, "Q8_K", 256, 292, {}},
    {16, "IQ2_XXS", 256, 66, {}},
    {17, "IQ2_XS", 256, 74, {}},
    {18, "IQ3_XXS", 256, 98, {}},
    {19, "IQ1_S", 256, 50, {}},
    readable(20, "IQ4_NL", quant::storage::iq4_nl),
    {21, "IQ3_S", 256, 110, {}},
    {22, "IQ2_S", 256, 82, {}},
    {23, "IQ4_XS", 256, 136, {}},
    readable(24, "I8", quant::storage::i8),
    readable(25, "I16", quant::storage::i16),
    readable(26, "I32", quant::storage::i32),
    readable(27, "I64", quant::storage::i64),
    readable(28, "F64", quant::storage::f64),
    {29, "IQ1_M", 256, 56, {}},
    readable(30, "BF16", quant::storage::bf16),
    {34, "TQ1_0", 256, 54, {}},
    {35, "TQ2_0", 256, 66, {}},
    readable(39, "MXFP4", quant::storage::mxfp4),
    {40, "NVFP4", 64, 36, {}},
    {41, "Q1_0", 128, 18, {}},
};

// Nothing for a number unknown here.
constexpr const gguf_type* find_gguf_type(std::uint32_t number) {
    for (const gguf_type& t : gguf_types)
        if (t.number == number) return &t;
    return nullptr;
}

}
