// Rows of activations as int8 with one scale per group of 32: the left operand of integer products.
#pragma once

#include <cassert>
#include <cstdint>
#include <limits>

#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::quant {

// x[r, k] ≈ scales[r, k/32] · q[r, k], |q| ≤ 127.
struct activations {
    const std::int8_t* q = nullptr;           // [rows, inputs]
    const float* scales = nullptr;            // [rows, inputs/32]
    const float* sums = nullptr;              // [rows, inputs/32]  scale · Σ q of the group
    const std::int16_t* code_sums = nullptr;  // [rows, inputs/16]  Σ q of 16
    index_t rows = 0;
    index_t inputs = 0;  // a multiple of 32

    constexpr index_t groups() const { return inputs / 32; }
    constexpr activations slice(range r) const {
        assert(r.begin >= 0 && r.end <= rows);
        return {q + r.begin * inputs,
                scales + r.begin * groups(),
                sums + r.begin * groups(),
                code_sums + 2 * r.begin * groups(),
                r.size(),
                inputs};
    }
};

// One group: scale = max|x| / 127, q = x / scale rounded to nearest even. Below 2^-119 everything counts as zero.
// A group that holds an infinity or a NaN gets q = 0 and scale NaN: whatever is computed from it is NaN.
inline void quantise_group(const float* x, std::int8_t* q, float& scale, float& sum, std::int16_t* code_sums) {
    simd::floats largest = simd::zero(), poison = simd::zero();
    for (index_t i = 0; i < 32; i += simd::lanes) {
        const simd::floats v = simd::load(x + i);
        largest = simd::max(largest, simd::abs(v));
        poison = simd::fmadd(v, simd::zero(), poison);  // 0, or NaN where v is not finite
    }
    const bool finite = simd::reduce_add(poison) == 0.0f;
    const float amax = finite ? simd::reduce_max(largest) : 0.0f;
    const bool alive = amax >= 0x1p-119f;
    scale = !finite ? std::numeric_limits<float>::quiet_NaN() : alive ? amax / 127.0f : 0.0f;

    // Adding 1.5 · 2^23 rounds to an integer and leaves it, in two's complement, in the low bits.
    const simd::floats inverse(alive ? 127.0f / amax : 0.0f), rounder(0x1.8p23f);
    alignas(64) std::int32_t codes[32];
    for (index_t i = 0; i < 32; i += simd::lanes) {
        const simd::floats v = finite ? simd::load(x + i) : simd::zero();
        simd::store(simd::bits_of(simd::fmadd(v, inverse, rounder)), codes + i);
    }
    for (index_t i = 0; i < 32; ++i) q[i] = std::int8_t(codes[i]);
    int halves[2] = {};
    for (index_t i = 0; i < 16; ++i) halves[0] += q[i];
    for (index_t i = 16; i < 32; ++i) halves[1] += q[i];
    code_sums[0] = std::int16_t(halves[0]);
    code_sums[1] = std::int16_t(halves[1]);
    sum = scale * float(halves[0] + halves[1]);
}

// Activations with memory to write them to.
struct activation_rows {
    std::int8_t* q = nullptr;
    float* scales = nullptr;
    float* sums = nullptr;
    std::int16_t* code_sums = nullptr;
    index_t rows = 0;
    index_t inputs = 0;

    // 1.5 bytes per element. Nothing may be written when the workspace is_measuring().
    static activation_rows take(workspace& memory, index_t rows, index_t inputs) {
        assert(inputs % 32 == 0);
        const index_t groups = rows * (inputs / 32);
        activation_rows a;
        a.q = memory.take<std::int8_t>(rows * inputs);
        a.scales = memory.take<float>(groups);
        a.sums = memory.take<float>(groups);
        a.code_sums = memory.take<std::int16_t>(2 * groups);
        a.rows = rows;
        a.inputs = inputs;
        return a;
    }
    operator activations() const { return {q, scales, sums, code_sums, rows, inputs}; }

    // Row r from x [inputs]; it depends on x alone. Different rows, and different groups, may be written by several
    // threads.
    void quantise_row(index_t r, const float* x) const { quantise_groups(r, x, {0, inputs / 32}); }
    void quantise_groups(index_t r, const float* x, range groups) const {
        for (index_t g = groups.begin; g < groups.end; ++g) {
            const index_t at = r * (inputs / 32) + g;
            quantise_group(x + 32 * g, q + 32 * at, scales[at], sums[at], code_sums + 2 * at);
        }
    }
};

}
