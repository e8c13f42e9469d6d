// A pool of threads that share out loops: quick to hand out work while it keeps coming, asleep when it does not.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/exec/cores.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/exec/gate.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// The caller of run() is worker 0; n - 1 threads are workers 1, 2, …. Every worker gets one contiguous share, always
// the same for the same n and grain, so that it meets the weights that its own cache holds. A run() while another is
// under way, nested or from another thread, goes inline on its caller. The exception of the lowest worker is rethrown
// when all are done.
class thread_pool {
public:
    // As many workers as cores are allowed.
    thread_pool() : thread_pool(cores_allowed()) {}

    explicit thread_pool(index_t workers) : workers_(workers) {
        if (workers < 1 || workers > most_workers)
            throw error(errc::argument, "not a number of workers",
                        {.expected = "1 to " + std::to_string(most_workers), .found = std::to_string(workers)});
        if (workers > cores_allowed()) patience_.alone = {};
        threads_ = std::make_unique<worker[]>(std::size_t(workers - 1));
        try {
            for (index_t w = 1; w < workers; ++w) at(w).thread = std::thread([this, w] { serve(w); });
        } catch (const std::system_error& e) {
            stop();
            throw error(errc::capacity, "cannot start a thread", {.found = e.what()});
        }
    }
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    ~thread_pool() { stop(); }

    index_t concurrency() const { return workers_; }

    void run(index_t n, index_t grain, task_ref f) {
        const index_t parts = std::min(workers_, ceil_div(n, grain));
        if (parts <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
            if (n > 0) f(range{0, n}, 0);
            return;
        }
        const std::uint64_t ticket = (++runs_ << parts_bits) | std::uint64_t(parts);
        job_ = {&f, n, grain, parts};
        start_.set(ticket);
        std::exception_ptr failure = work(0);
        for (index_t w = 1; w < parts; ++w) {
            at(w).done.wait([&](std::uint64_t value) { return value == ticket; }, patience_);
            if (std::exception_ptr theirs = std::exchange(at(w).failure, nullptr); !failure)
                failure = std::move(theirs);
        }
        busy_.store(false, std::memory_order_release);
        if (failure) std::rethrow_exception(std::move(failure));
    }

private:
    static constexpr int parts_bits = 16;
    static constexpr index_t most_workers = (1 << parts_bits) - 2;
    static constexpr std::uint64_t stop_ticket = ~std::uint64_t{0};  // its parts are more than all workers

    struct job {
        const task_ref* f = nullptr;
        index_t n = 0, grain = 1, parts = 1;
    };
    struct worker {
        gate done;  // the ticket that it has finished
        std::exception_ptr failure;
        std::thread thread;
    };

    worker& at(index_t w) { return threads_[std::size_t(w - 1)]; }

    std::exception_ptr work(index_t w) noexcept {
        try {
            const range share = share_of(job_.n, job_.grain, w, job_.parts);
            if (!share.empty()) (*job_.f)(share, w);
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    // A ticket says how many take part, so that those who do not never look at a job that may be gone.
    void serve(index_t w) {
        std::uint64_t seen = 0;
        for (;;) {
            seen = start_.wait([&](std::uint64_t value) { return value != seen; }, patience_);
            if (seen == stop_ticket) return;
            if (w >= index_t(seen & ((1u << parts_bits) - 1))) continue;
            at(w).failure = work(w);
            at(w).done.set(seen);
        }
    }

    void stop() {
        start_.set(stop_ticket);
        for (index_t w = 1; w < workers_; ++w)
            if (at(w).thread.joinable()) at(w).thread.join();
    }

    gate start_;
    job job_;
    std::uint64_t runs_ = 0;
    alignas(128) std::atomic<bool> busy_{false};
    index_t workers_;
    patience patience_;
    std::unique_ptr<worker[]> threads_;
};

}
