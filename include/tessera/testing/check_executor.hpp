// Whether an executor keeps its promises; for the executors of users, in whatever test harness they have.
#pragma once

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tessera/exec/executor.hpp"

namespace tessera::inline TESSERA_ABI::testing {

// What one run saw: how often each index came, whether ranges were cut where they may be, whether a worker number was
// out of range or held by two threads at once.
class run_record {
public:
    run_record(index_t n, index_t grain, index_t workers)
        : n_(n), grain_(grain), counts_(std::size_t(n)), active_(std::size_t(workers)) {}

    void take(range r, index_t worker) {
        if (worker < 0 || worker >= index_t(active_.size())) return fail("worker number out of range");
        std::atomic<bool>& active = active_[std::size_t(worker)];
        if (active.exchange(true)) fail("two threads with one worker number");
        if (r.empty() || r.begin < 0 || r.end > n_) return fail("a range outside [0, n)");
        if (r.begin % grain_ != 0 || (r.end != n_ && r.end % grain_ != 0))
            fail("a range not cut at multiples of grain");
        for (index_t i = r.begin; i < r.end; ++i) counts_[std::size_t(i)].fetch_add(1);
        active.store(false);
    }

    // Empty when all was well.
    std::string fault() const {
        if (const char* f = fault_.load()) return f;
        const bool once = std::all_of(counts_.begin(), counts_.end(), [](const auto& c) { return c.load() == 1; });
        return once ? "" : "an index that did not come exactly once";
    }

private:
    void fail(const char* what) { fault_.store(what); }

    index_t n_, grain_;
    std::vector<std::atomic<int>> counts_;
    std::vector<std::atomic<bool>> active_;
    std::atomic<const char*> fault_{nullptr};
};

inline std::string check_one_run(exec::executor_ref e, index_t n, index_t grain) {
    run_record seen(n, grain, e.concurrency());
    e.run(n, grain, [&](range r, index_t worker) { seen.take(r, worker); });
    return seen.fault();
}

inline std::string check_coverage(exec::executor_ref e) {
    for (index_t n : {0, 1, 2, 7, 64, 1000})
        for (index_t grain : {1, 3, 16, 2000})
            if (std::string fault = check_one_run(e, n, grain); !fault.empty())
                return fault + " (n = " + std::to_string(n) + ", grain = " + std::to_string(grain) + ")";
    return "";
}

inline std::string check_nested(exec::executor_ref e) {
    std::atomic<index_t> inner{0};
    e.run(8, 1, [&](range outer, index_t) {
        for (index_t i = outer.begin; i < outer.end; ++i)
            e.run(10, 1, [&](range r, index_t) { inner.fetch_add(r.size()); });
    });
    return inner.load() == 80 ? "" : "a nested run that did not do all its work";
}

inline std::string check_exceptions(exec::executor_ref e) {
    for (index_t bad : {0, 99}) {
        bool caught = false;
        try {
            e.run(100, 1, [&](range r, index_t) {
                if (r.contains(bad)) throw std::out_of_range("expected");
            });
        } catch (const std::out_of_range&) {
            caught = true;
        }
        if (!caught) return "an exception of the loop did not reach the caller";
    }
    const std::string after = check_one_run(e, 100, 1);
    return after.empty() ? "" : "after an exception: " + after;
}

inline std::string check_callers(exec::executor_ref e) {
    constexpr int callers = 3, rounds = 50;
    std::vector<std::string> faults(callers);
    std::vector<std::thread> threads;
    for (std::string& fault : faults)
        threads.emplace_back([&fault, e] {
            for (int i = 0; i < rounds && fault.empty(); ++i) fault = check_one_run(e, 200, 3);
        });
    for (std::thread& t : threads) t.join();
    const auto found = std::find_if(faults.begin(), faults.end(), [](const std::string& f) { return !f.empty(); });
    return found == faults.end() ? "" : "with several callers: " + *found;
}

// What is wrong with the executor; empty when it covers every index once in ranges cut at multiples of the grain, gives
// distinct workers distinct numbers, runs nested loops, passes exceptions on, survives them, and serves several
// callers.
template <exec::executor E>
std::string check_executor(E& e) {
    const exec::executor_ref ref(e);
    if (ref.concurrency() < 1) return "concurrency() below 1";
    for (auto* check : {check_coverage, check_nested, check_exceptions, check_callers})
        if (std::string fault = check(ref); !fault.empty()) return fault;
    return "";
}

}
