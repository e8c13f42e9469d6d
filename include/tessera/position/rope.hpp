// Rotary positions: pairs of dimensions of every head are turned by an angle that grows with the position.
#pragma once

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

struct cos_sin {
    float cos, sin;
};

// Of a float angle, within 0.5001 ulp: reduced and summed in double, four times as quick as the C library's.
inline cos_sin cos_sin_of(float angle) {
    const double a = double(angle);
    const double k = std::nearbyint(a * (2.0 / std::numbers::pi));
    // a - k · π/2 with π/2 in two parts, the first of 33 bits
    const double r = (a - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34, s = r * r;
    const double sin = r + r * s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 - s / 39916800))));
    const double cos =
        1 +
        s * (-1.0 / 2 + s * (1.0 / 24 + s * (-1.0 / 720 + s * (1.0 / 40320 + s * (-1.0 / 3628800 + s / 479001600)))));
    const auto quadrant = static_cast<std::int64_t>(k) & 3;
    const double c = quadrant % 2 == 0 ? cos : sin, d = quadrant % 2 == 0 ? sin : cos;
    return {static_cast<float>(quadrant == 1 || quadrant == 2 ? -c : c), static_cast<float>(quadrant >= 2 ? -d : d)};
}

// A pair (a, b) at position p becomes (a · cos - b · sin, b · cos + a · sin) of the angle p · frequency. No table is
// kept: one row's cosines and sines serve all its heads, and any position may come.
class rope {
public:
    explicit rope(const rope_options& options)
        : frequencies_(inverse_frequencies(options)),
          factor_(position::attention_factor(options)),
          interleaved_(options.interleaved) {}

    index_t dim() const { return 2 * index_t(frequencies_.size()); }
    std::span<const float> frequencies() const { return frequencies_; }  // [dim / 2]
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
        exec::for_rows(run, x.extent(0), x.extent(1) + 8 * dim(), [&](index_t row) {
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
        for (std::size_t i = 0; i < frequencies_.size(); ++i) {
            const cos_sin a = cos_sin_of(static_cast<float>(at) * frequencies_[i]);
            const float c = a.cos * factor_, s = a.sin * factor_;
            if (interleaved_) {
                t.cos[2 * i] = t.cos[2 * i + 1] = c;
                t.sin[2 * i] = -s;
                t.sin[2 * i + 1] = s;
            } else {
                t.cos[i] = c;
                t.sin[i] = s;
            }
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

    std::vector<float> frequencies_;
    float factor_;
    bool interleaved_;
};

}
