// Counter-based random numbers: the n-th draw of a seed is a pure function of both, so that any draw can be repeated alone.
#pragma once

#include <cstdint>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

// SplitMix64's output function (Steele, Lea and Flood 2014) over seed and counter.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) {
    std::uint64_t z = seed + 0x9e3779b97f4a7c15u * (counter + 1);
    for (int round = 0; round < 2; ++round) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        z += seed;
    }
    return z;
}

// Uniform in [0, 1), 24 bits.
constexpr float random_uniform(std::uint64_t seed, std::uint64_t counter) {
    return static_cast<float>(random_bits(seed, counter) >> 40) * 0x1p-24f;
}

}
