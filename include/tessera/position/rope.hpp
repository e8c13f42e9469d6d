// Rotary positions: pairs of dimensions of every head are turned by an angle that grows with the position.
#pragma once

#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "tessera/core/view.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/position/rope_scaling.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::position {

inline constexpr index_t angles_at_once = 8;

// cos and sin of that many float angles below 10^6, within 0.5001 ulp: reduced and summed in double, in loops that
// compilers turn into vector instructions, ten times as quick as the C library.
inline void cos_sin(const float* angle, float* cos, float* sin) {
    constexpr double round_to_integer = 0x1.8p52;  // adding it leaves the nearest integer in the low bits
    double c[angles_at_once], s[angles_at_once], z[angles_at_once];
    for (index_t l = 0; l < angles_at_once; ++l) {
        const double a = double(angle[l]);
        z[l] = a * (2.0 / std::numbers::pi) + round_to_integer;
        const double k = z[l] - round_to_integer;
        // a - k · π/2 with π/2 in two parts, the first of 33 bits
        const double r = (a - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34, q = r * r;
        s[l] = r + r * q * (-1. / 6 + q * (1. / 120 + q * (-1. / 5040 + q * (1. / 362880 + q * (-1. / 39916800)))));
        c[l] =
            1 + q * (-1. / 2 +
                     q * (1. / 24 + q * (-1. / 720 + q * (1. / 40320 + q * (-1. / 3628800 + q * (1. / 479001600))))));
    }
    for (index_t l = 0; l < angles_at_once;
         ++l) {  // quadrant k: exchange when odd, signs from the next bit of k + 1 and k
        const auto k = std::bit_cast<std::uint64_t>(z[l]), odd = 0 - (k & 1), sign = std::uint64_t(1) << 63;
        const auto u = std::bit_cast<std::uint64_t>(c[l]), v = std::bit_cast<std::uint64_t>(s[l]);
        cos[l] = static_cast<float>(std::bit_cast<double>(((v & odd) | (u & ~odd)) ^ (((k + 1) << 62) & sign)));
        sin[l] = static_cast<float>(std::bit_cast<double>(((u & odd) | (v & ~odd)) ^ ((k << 62) & sign)));
    }
}

// A pair (a, b) at position p becomes (a · cos - b · sin, b · cos + a · sin) of the angle p · frequency. No table is
// kept: one row's cosines and sines serve all its heads, and any position may come.
class rope {
public:
    explicit rope(const rope_options& options)
        : dim_(options.dim),
          frequencies_(inverse_frequencies(options)),
          factor_(position::attention_factor(options)),
          interleaved_(options.interleaved),
          backwards_(options.backwards) {
        frequencies_.resize(std::size_t(round_up(dim_ / 2, angles_at_once)));
    }

    index_t dim() const { return dim_; }
    std::span<const float> frequencies() const { return std::span(frequencies_).first(std::size_t(dim_ / 2)); }
    float attention_factor() const { return factor_; }

    // Turns one head's vector in place.
    void rotate(float* head, std::int32_t at) const {
        turns t;
        prepare(at, t);
        turn(head, t);
    }

    // x: [rows, heads · head_dim], dim() <= head_dim; positions: [rows].
    void apply(view<float> x, index_t heads, std::span<const std::int32_t> positions, exec::executor_ref run) const {
        assert(index_t(positions.size()) == x.extent(0) && x.extent(1) % heads == 0 && x.extent(1) / heads >= dim());
        const index_t head_dim = x.extent(1) / heads;
        exec::for_rows(run, x.extent(0), x.extent(1) + 4 * dim(), [&](index_t row) {
            turns t;
            prepare(positions[std::size_t(row)], t);
            for (index_t h = 0; h < heads; ++h) turn(x.data() + row * x.stride(0) + h * head_dim, t);
        });
    }

private:
    // In halves cos and sin are [dim / 2]; interleaved they are [dim], each cosine twice, each sine as (-sin, sin).
    struct turns {
        alignas(64) float cos[most_rotary_dimensions];
        alignas(64) float sin[most_rotary_dimensions];
    };

    void prepare(std::int32_t at, turns& t) const {
        for (index_t i = 0; i < dim_ / 2; i += angles_at_once) {
            float angle[angles_at_once];
            for (index_t l = 0; l < angles_at_once; ++l)
                angle[l] = static_cast<float>(at) * frequencies_[std::size_t(i + l)];
            cos_sin(angle, t.cos + i, t.sin + i);
        }
        for (index_t i = 0; i < dim_ / 2; ++i) {
            t.cos[i] *= factor_;
            t.sin[i] *= backwards_ ? -factor_ : factor_;
        }
        if (!interleaved_) return;
        for (index_t i = dim_ / 2; i-- > 0;) {
            t.cos[2 * i] = t.cos[2 * i + 1] = t.cos[i];
            t.sin[2 * i + 1] = t.sin[i];
            t.sin[2 * i] = -t.sin[i];
        }
    }

    void turn(float* x, const turns& t) const {
        if (interleaved_) {
            for (index_t i = 0; i < dim(); i += simd::lanes) turn_neighbours(x + i, t.cos + i, t.sin + i, dim() - i);
        } else {
            const index_t half = dim() / 2;
            for (index_t i = 0; i < half; i += simd::lanes)
                turn_halves(x + i, x + half + i, t.cos + i, t.sin + i, half - i);
        }
    }

    static void turn_neighbours(float* x, const float* cos, const float* sin, index_t left) {
        using namespace simd;
        const index_t n = left < lanes ? left : lanes;
        const floats v = n == lanes ? load(x) : load_first(x, n);
        const floats y = fmadd(swap_neighbours(v), load(sin), v * load(cos));
        n == lanes ? store(y, x) : store_first(y, x, n);
    }

    static void turn_halves(float* a, float* b, const float* cos, const float* sin, index_t left) {
        using namespace simd;
        const index_t n = left < lanes ? left : lanes;
        const floats c = load(cos), s = load(sin);
        const floats p = n == lanes ? load(a) : load_first(a, n), q = n == lanes ? load(b) : load_first(b, n);
        const floats turned_a = fnmadd(q, s, p * c), turned_b = fmadd(p, s, q * c);
        n == lanes ? store(turned_a, a) : store_first(turned_a, a, n);
        n == lanes ? store(turned_b, b) : store_first(turned_b, b, n);
    }

    index_t dim_;
    std::vector<float> frequencies_;  // [dim / 2] and zeros up to a multiple of angles_at_once
    float factor_;
    bool interleaved_;
    bool backwards_;
};

}
