#include "tessera/exec/thread_pool.hpp"

#include <chrono>
#include <ctime>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "tessera/testing/check_executor.hpp"

using namespace tessera;

TEST_CASE("the inline executor keeps the promises of an executor", "[exec][executor]") {
    exec::inline_executor e;
    CHECK(testing::check_executor(e) == "");
}

TEST_CASE("pools of any size keep the promises of an executor", "[exec][thread_pool]") {
    for (index_t workers : {1, 2, 3, 7}) {
        exec::thread_pool pool(workers);
        CHECK(pool.concurrency() == workers);
        CHECK(testing::check_executor(pool) == "");
    }
}

TEST_CASE("a pool without a number takes the allowed cores", "[exec][thread_pool]") {
    exec::thread_pool pool;
    CHECK(pool.concurrency() == exec::cores_allowed());
    CHECK(pool.concurrency() >= 1);
}

TEST_CASE("a pool refuses a number of workers that is none", "[exec][thread_pool]") {
    CHECK_THROWS_AS(exec::thread_pool(0), error);
    CHECK_THROWS_AS(exec::thread_pool(-3), error);
    CHECK_THROWS_WITH(exec::thread_pool(1 << 20), "not a number of workers: expected 1 to 65534, found 1048576");
}

TEST_CASE("shares are fixed, and worker 0 is the caller", "[exec][thread_pool]") {
    exec::thread_pool pool(3);
    for (int round = 0; round < 100; ++round) {
        std::thread::id who[3];
        range shares[3];
        pool.run(10, 2, [&](range r, index_t w) {
            who[w] = std::this_thread::get_id();
            shares[w] = r;
        });
        CHECK(who[0] == std::this_thread::get_id());
        CHECK(std::set<std::thread::id>(who, who + 3).size() == 3);
        for (index_t w = 0; w < 3; ++w) CHECK(shares[w] == share_of(10, 2, w, 3));
    }
}

TEST_CASE("work that cannot be cut, and the pool of one, stay on the calling thread", "[exec][thread_pool]") {
    exec::thread_pool many(3), one(1);
    const std::thread::id caller = std::this_thread::get_id();
    std::thread::id seen;
    many.run(5, 8, [&](range r, index_t w) {
        seen = std::this_thread::get_id();
        CHECK(r == range{0, 5});
        CHECK(w == 0);
    });
    CHECK(seen == caller);
    seen = {};
    one.run(50, 1, [&](range r, index_t) {
        seen = std::this_thread::get_id();
        CHECK(r == range{0, 50});
    });
    CHECK(seen == caller);
}

TEST_CASE("the exception of the lowest worker is the one rethrown", "[exec][thread_pool]") {
    exec::thread_pool pool(3);
    for (int round = 0; round < 20; ++round) {
        CHECK_THROWS_WITH(pool.run(3, 1,
                                   [](range, index_t w) {
                                       if (w > 0) throw std::runtime_error("worker " + std::to_string(w));
                                   }),
                          "worker 1");
    }
}

TEST_CASE("an idle pool uses no processor time", "[exec][thread_pool]") {
    exec::thread_pool pool(3);
    pool.run(3, 1, [](range, index_t) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::clock_t begin = std::clock();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const double used = double(std::clock() - begin) / CLOCKS_PER_SEC;
    CHECK(used < 0.02);
    index_t sum = 0;
    pool.run(3, 3, [&](range r, index_t) { sum += r.size(); });
    CHECK(sum == 3);
}

TEST_CASE("a pool wakes from sleep as often as it is asked", "[exec][thread_pool]") {
    exec::thread_pool pool(2);
    std::atomic<index_t> done{0};
    for (int round = 0; round < 30; ++round) {
        std::this_thread::sleep_for(std::chrono::microseconds(300 * (round % 3)));
        pool.run(2, 1, [&](range r, index_t) { done.fetch_add(r.size()); });
    }
    CHECK(done.load() == 60);
}
