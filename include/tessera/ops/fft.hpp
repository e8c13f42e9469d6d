// The discrete Fourier transform of any length, by mixed radices.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// Not std::complex: its product looks for infinities.
struct complex {
    double re = 0.0, im = 0.0;

    friend complex operator+(complex a, complex b) { return {a.re + b.re, a.im + b.im}; }
    friend complex operator*(complex a, complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
};

// X[k] = Σₜ x[t] · exp(-2πi · k · t / n). Each prime factor p of n costs n · p products (each 4 costs n · 4), so
// lengths of small factors are quick. Stockham's order of the steps, which needs no reordering. Shared by threads.
class fft {
public:
    // Throws errc::argument for a length below 1.
    explicit fft(index_t n) : n_(n) {
        if (n < 1)
            throw error(errc::argument, "no length of a Fourier transform",
                        {.expected = "at least 1", .found = std::to_string(n)});
        for (index_t i = 0; i < n; ++i) {
            const double angle = -2.0 * std::numbers::pi * double(i) / double(n);
            roots_.push_back({std::cos(angle), std::sin(angle)});
        }
        for (index_t rest = n; rest > 1; rest /= radices_.back()) radices_.push_back(radix_of(rest));
    }

    index_t size() const { return n_; }

    // x: [n], becomes its transform. scratch: [n].
    void operator()(std::span<complex> x, std::span<complex> scratch) const {
        complex *from = x.data(), *to = scratch.data();
        index_t done = 1;
        for (const index_t radix : radices_) {
            pass(from, to, radix, done);
            std::swap(from, to);
            done *= radix;
        }
        if (from != x.data()) std::copy_n(from, n_, x.data());
    }

private:
    static index_t radix_of(index_t n) {
        if (n % 4 == 0) return 4;
        for (index_t p = 2; p * p <= n; ++p)
            if (n % p == 0) return p;
        return n;
    }

    // One step on `done` interleaved transforms of length n / done: each becomes `radix` transforms, interleaved too.
    void pass(const complex* from, complex* to, index_t radix, index_t done) const {
        const index_t part = n_ / done / radix;
        for (index_t p = 0; p < part; ++p)
            for (index_t j = 0; j < radix; ++j) {
                complex* const out = to + done * (radix * p + j);
                std::fill_n(out, done, complex{});
                for (index_t k = 0; k < radix; ++k) {
                    // exp(-2πi · j · (p + k · part) / (n / done))
                    const complex root = roots_[std::size_t(j * (p + k * part) % (part * radix) * done)];
                    const complex* const in = from + done * (p + k * part);
                    for (index_t q = 0; q < done; ++q) out[q] = out[q] + in[q] * root;
                }
            }
    }

    index_t n_;
    std::vector<complex> roots_;  // [n]
    std::vector<index_t> radices_;
};

}
