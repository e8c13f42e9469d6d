// What the machine can do with bytes: the rate of integer dot products in registers.
#pragma once

#include "support/roofline.hpp"
#include "tessera/gemm/kernel/dot.hpp"

namespace tessera::benchmarks {

// Integer operations per second of one core: products of bytes, added in pairs to 16 bits, those in pairs to 32, and
// those up; two operations per product.
inline double dot_ops() {
    using dot = gemm::kernel::dot;
    constexpr quant::code_kind seven_bits{.largest = 127};
    constexpr int chains = 8, rounds = 200'000, quad_bytes = 4 * int(simd::lanes);
    alignas(64) std::byte codes[chains * quad_bytes];
    std::int8_t x[4] = {1, -2, 3, -4};
    for (int i = 0; i < chains * quad_bytes; ++i) codes[i] = std::byte(i % 100);
    std::vector<double> rates;
    for (int repeat = 0; repeat < 7; ++repeat) {
        keep(x);
        const auto a = dot::broadcast(x);
        simd::ints sum[chains];
#pragma GCC unroll 8
        for (int c = 0; c < chains; ++c) sum[c] = simd::ints(c);
        const double start = thread_seconds();
        for (int i = 0; i < rounds; ++i) {
            keep(codes);  // so that each product is made anew
#pragma GCC unroll 8
            for (int c = 0; c < chains; ++c) {
                const auto w = dot::load_quad(codes + c * quad_bytes);
                sum[c] = sum[c] + dot::narrow(dot::accumulate<seven_bits>(dot::zero(), w, a));
            }
        }
        const double seconds = thread_seconds() - start;
#pragma GCC unroll 8
        for (int c = 1; c < chains; ++c) sum[0] = sum[0] + sum[c];
        keep(sum[0]);
        rates.push_back(8.0 * double(simd::lanes) * chains * rounds / seconds);
    }
    return median(rates);
}

}
