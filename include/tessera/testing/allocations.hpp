// Counts what a program takes from the heap, to prove that a step takes nothing. It replaces the global operator new:
// include it in exactly one source file of a test program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "tessera/config.hpp"

namespace tessera::inline TESSERA_ABI::testing {

inline std::atomic<std::size_t> allocation_count{0};

// Allocations so far, by all threads.
inline std::size_t allocations() { return allocation_count.load(); }

inline void* counted_allocation(std::size_t size, std::size_t alignment) {
    ++allocation_count;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* p = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return p;
    throw std::bad_alloc();
}

}

// Not inlined: compilers would pair a new of the standard library with the free in here, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
    return tessera::testing::counted_allocation(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return tessera::testing::counted_allocation(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++tessera::testing::allocation_count;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
