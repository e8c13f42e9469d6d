#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/exec/openmp.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/testing/check_executor.hpp"

using namespace tessera;

namespace {

// What a user might write: a thread per share.
struct spawning_executor {
    index_t concurrency() const { return 2; }
    void run(index_t n, index_t grain, exec::task_ref f) {
        std::exception_ptr failure;
        std::thread other([&] { failure = part(n, grain, f, 1); });
        const std::exception_ptr mine = part(n, grain, f, 0);
        other.join();
        if (mine) std::rethrow_exception(mine);
        if (failure) std::rethrow_exception(failure);
    }
    static std::exception_ptr part(index_t n, index_t grain, exec::task_ref f, index_t worker) {
        try {
            if (const range r = share_of(n, grain, worker, 2); !r.empty()) f(r, worker);
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }
};

// Forgets the last index.
struct forgetful {
    index_t concurrency() const { return 1; }
    void run(index_t n, index_t, exec::task_ref f) const {
        if (n > 1) f(range{0, n - 1}, 0);
    }
};
// Cuts in the middle, whatever the grain.
struct careless {
    index_t concurrency() const { return 1; }
    void run(index_t n, index_t, exec::task_ref f) const {
        if (n > 0) f(range{0, (n + 1) / 2}, 0);
        if (n > 1) f(range{(n + 1) / 2, n}, 0);
    }
};
// Keeps what the loop throws to itself.
struct silent {
    index_t concurrency() const { return 1; }
    void run(index_t n, index_t, exec::task_ref f) const {
        try {
            if (n > 0) f(range{0, n}, 0);
        } catch (...) {
        }
    }
};

}

TEST_CASE("an executor of the user's own passes the check", "[exec][executor]") {
    spawning_executor e;
    CHECK(testing::check_executor(e) == "");
}

TEST_CASE("the check finds broken executors", "[exec][executor]") {
    forgetful a;
    CHECK(testing::check_executor(a) != "");
    careless b;
    CHECK(testing::check_executor(b).find("a range not cut at multiples of grain") == 0);
    silent c;
    CHECK(testing::check_executor(c) == "an exception of the loop did not reach the caller");
}

#if defined(_OPENMP)
TEST_CASE("OpenMP keeps the promises of an executor", "[exec][openmp]") {
    for (index_t workers : {1, 2, 3}) {
        exec::openmp e(workers);
        CHECK(testing::check_executor(e) == "");
    }
}
#endif

TEST_CASE("rows are visited once, in shares that are worth a thread", "[exec][partition]") {
    spawning_executor e;
    for (index_t rows : {0, 1, 5, 40}) {
        std::vector<int> seen(std::size_t(rows), 0);
        exec::for_rows(e, rows, 4000, [&](index_t r) { ++seen[std::size_t(r)]; });
        CHECK(seen == std::vector<int>(std::size_t(rows), 1));
    }
    CHECK(exec::row_grain(4000) * 4000 >= exec::worth_sharing);
    CHECK(exec::row_grain(0) == exec::worth_sharing);
    CHECK(exec::row_grain(1 << 20) == 1);
}
