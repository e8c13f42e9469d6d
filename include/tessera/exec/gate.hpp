// A number that one thread sets and others wait for: they spin for a moment, then sleep.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// Tells the processor that this is a spinning loop.
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// How long a waiting thread keeps its core: first alone, then offering it to others, then it sleeps. Waking a sleeper
// costs about 50 µs, handing work to a spinning thread 0.1 µs, and the gaps between the regions of one token are
// shorter than this.
struct patience {
    std::chrono::microseconds alone{50};
    std::chrono::microseconds yielding{200};
};

// On a cache line of its own, and the neighbour that processors fetch with it.
class alignas(128) gate {
public:
    void set(std::uint64_t value) {
        value_.store(value);  // seq_cst, as are the three below: either the waiter sees the value or we see the sleeper
        if (sleepers_.load() != 0) {
            { const std::lock_guard lock(mutex_); }
            wake_.notify_all();
        }
    }

    // Returns the first value seen for which ready(value).
    template <class Ready>
    std::uint64_t wait(Ready ready, patience p) {
        std::uint64_t value = spin(ready, p);
        if (ready(value)) return value;
        std::unique_lock lock(mutex_);
        sleepers_.fetch_add(1);
        wake_.wait(lock, [&] { return ready(value = value_.load()); });
        sleepers_.fetch_sub(1);
        return value;
    }

private:
    template <class Ready>
    std::uint64_t spin(Ready ready, patience p) const {
        using clock = std::chrono::steady_clock;
        constexpr int looks =
            128;  // between looks at the clock, the first of which comes late: it costs as much as a hand-over
        clock::time_point begin{};
        for (clock::duration waited{}; waited < p.yielding; waited = clock::now() - begin) {
            const bool offer = begin != clock::time_point{} && waited >= p.alone;
            for (int i = 0; i < (offer ? 1 : looks); ++i) {
                const std::uint64_t value = value_.load(std::memory_order_acquire);
                if (ready(value)) return value;
                relax();
            }
            if (offer) std::this_thread::yield();
            if (begin == clock::time_point{}) begin = clock::now();
        }
        return value_.load(std::memory_order_acquire);
    }

    std::atomic<std::uint64_t> value_{0};
    std::atomic<int> sleepers_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
};

}
