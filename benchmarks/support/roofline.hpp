// What the machine can do, measured in the same run as what is compared with it: multiply-adds and reading of memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "tessera/core/tensor.hpp"
#include "tessera/simd/vec.hpp"

namespace tessera::benchmarks {

// Seconds of processor time of this thread: time given to other processes does not count.
inline double thread_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
#else
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

inline double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v.empty() ? 0.0 : v[v.size() / 2];
}

// Keeps a value from being optimised away.
template <class T>
void keep(T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

// Floating-point operations per second of one core: independent chains of multiply-adds in registers.
inline double fma_flops() {
    constexpr int chains = simd::lanes == 16 ? 24 : 12;
    constexpr int rounds = 200'000;
    std::vector<double> rates;
    for (int repeat = 0; repeat < 7; ++repeat) {
        simd::floats sum[chains];
        float factor = 0.9999f, term = 1e-9f;
        keep(factor), keep(term);
        const simd::floats x(factor), y(term);
#pragma GCC unroll 24
        for (int c = 0; c < chains; ++c) sum[c] = y;
        const double start = thread_seconds();
        for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 24
            for (int c = 0; c < chains; ++c) sum[c] = simd::fmadd(x, sum[c], y);
        }
        const double seconds = thread_seconds() - start;
#pragma GCC unroll 24
        for (int c = 1; c < chains; ++c) sum[0] = sum[0] + sum[c];
        float result = simd::reduce_add(sum[0]);
        keep(result);
        rates.push_back(2.0 * double(simd::lanes) * chains * rounds / seconds);
    }
    return median(rates);
}

// Bytes per second at which one core reads `bytes` of memory over and over.
inline double read_bandwidth(index_t bytes) {
    const index_t floats = round_up(std::max<index_t>(bytes, 4096), 256) / index_t(sizeof(float));
    tensor<float, 1> memory({floats});
    for (index_t i = 0; i < floats; ++i) memory.data()[i] = float(i % 7);
    const index_t rounds = std::max<index_t>(1, index_t(64'000'000) / floats / 4);
    std::vector<double> rates;
    for (int repeat = 0; repeat < 5; ++repeat) {
        simd::floats sum[8];
#pragma GCC unroll 8
        for (int c = 0; c < 8; ++c) sum[c] = simd::zero();
        const double start = thread_seconds();
        for (index_t round = 0; round < rounds; ++round) {
            const float* from = memory.data();
            keep(from);
            for (index_t i = 0; i + 8 * simd::lanes <= floats; i += 8 * simd::lanes) {
#pragma GCC unroll 8
                for (int c = 0; c < 8; ++c) sum[c] = simd::max(sum[c], simd::load(from + i + c * simd::lanes));
            }
        }
        const double seconds = thread_seconds() - start;
#pragma GCC unroll 8
        for (int c = 1; c < 8; ++c) sum[0] = sum[0] + sum[c];
        float result = simd::reduce_add(sum[0]);
        keep(result);
        rates.push_back(double(floats) * sizeof(float) * double(rounds) / seconds);
    }
    return median(rates);
}

}
