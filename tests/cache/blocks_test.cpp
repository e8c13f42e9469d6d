#include <vector>

#include "support/catch.hpp"
#include "support/errors.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/cache/ring.hpp"
#include "tessera/testing/check_cache.hpp"

namespace {

using namespace tessera;

const std::vector<cache::layer> layers = {
    {.heads = 2, .key_dim = 5, .value_dim = 3},
    {.heads = 1, .key_dim = 8, .value_dim = 20, .window = 40},
    {.heads = 1, .key_dim = 3, .value_dim = 4, .window = 1},
};

std::vector<std::int32_t> positions_from(index_t first, index_t n) {
    std::vector<std::int32_t> p;
    for (index_t i = 0; i < n; ++i) p.push_back(std::int32_t(first + i));
    return p;
}

void append_everywhere(cache::ref c, index_t first, index_t n) {
    for (index_t l = 0; l < c.layers(); ++l) c.append(l, positions_from(first, n));
}

}

TEST_CASE("a contiguous cache does what lists of rows would do", "[cache][contiguous]") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CHECK(testing::check_cache(cache::blocks<float>(layers, {.places = 300}), layers, {.seed = seed}).failure ==
              "");
        CHECK(testing::check_cache(cache::blocks<f16>(layers, {.places = 300}), layers, {.seed = seed}).failure == "");
    }
}

TEST_CASE("a ring does what lists of rows would do, as far as its windows show", "[cache][ring]") {
    const testing::cache_limits limits{.places = 2000, .steps = 400};
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
        for (index_t pinned : {0, 4, 70}) {
            const cache::extent held{.places = 2000, .chunk = 40, .pinned = pinned};
            testing::cache_limits with_seed = limits;
            with_seed.seed = seed;
            CHECK(testing::check_cache(cache::blocks<float>(layers, held), layers, with_seed).failure == "");
        }
}

TEST_CASE("a ring keeps only what its windows show", "[cache][ring]") {
    cache::any ring = cache::ring{.places = 100000, .chunk = 16, .sinks = 4}.make(layers);
    const cache::any whole = cache::contiguous{.places = 100000}.make(layers);
    CHECK(ring.bytes() < whole.bytes());
    CHECK(ring.capacity_to_roll_back() == cache::any_length);
    for (index_t at = 0; at < 1000; at += 10) {
        append_everywhere(ring.ref(), at, 10);
        ring.ref().commit();
    }
    CHECK(ring.ref().view<float>(0).places == range{0, 1000});
    const auto keys = ring.ref().view<float>(1);
    CHECK(keys.places.begin > 800);
    CHECK(keys.places.begin <= 1000 - 40);
    CHECK(keys.pinned == 4);
    CHECK(keys.position(3) == 3);
    CHECK(keys.position(999) == 999);
    const index_t back = ring.capacity_to_roll_back();
    CHECK(back >= 16);
    cache::any other = ring.fork();
    CHECK(ring.ref().truncate(1000 - back) == 1000 - back);
    CHECK(ring.length(0) == 1000 - back);
    CHECK(other.ref().truncate(1000 - back - 1) == 0);
    CHECK(other.length(0) == 0);
}

namespace {

// Two layers with keys and states or states alone; a pass of n rows adds n to each element of the states.
const std::vector<cache::layer> with_states = {{.heads = 1, .key_dim = 4, .value_dim = 4, .state = 3}, {.state = 5}};

void run_rows(const cache::ref& c, index_t from, index_t n) {
    std::vector<std::int32_t> positions;
    for (index_t i = 0; i < n; ++i) positions.push_back(std::int32_t(from + i));
    c.append(0, positions);
    for (index_t layer = 0; layer < 2; ++layer) {
        const cache::state_step s = c.state(layer, n);
        REQUIRE(s.before.size() == std::size_t(with_states[std::size_t(layer)].state));
        for (std::size_t i = 0; i < s.before.size(); ++i) s.after[i] = s.before[i] + float(n);
    }
}

bool states_are(const cache::ref& c, float value) {
    for (index_t layer = 0; layer < 2; ++layer)
        for (float x : c.state(layer, 1).before)
            if (x != value) return false;
    c.commit(std::span<const index_t>{});
    return true;
}

}

TEST_CASE("recurrent states are committed or dropped, and snapshots bring them back", "[cache][states]") {
    cache::any c = cache::contiguous{.places = 100, .snapshots = 2}.make(with_states);
    CHECK(c.bytes() == cache::contiguous{.places = 100, .snapshots = 2}.bytes(with_states));
    CHECK(c.capacity_to_roll_back() == 0);
    index_t length = 0;
    for (const index_t n : {5, 4, 3, 1, 1}) {  // snapshots: after 5 and after 9 rows
        run_rows(c.ref(), length, n);
        c.ref().commit();
        length += n;
    }
    CHECK(states_are(c.ref(), 14));
    run_rows(c.ref(), 14, 3);
    c.ref().commit(std::span<const index_t>{});
    CHECK(states_are(c.ref(), 14));
    CHECK(c.length(0) == 14);

    cache::any fork = c.fork();
    CHECK(fork.ref().truncate(13) == 9);
    CHECK(states_are(fork.ref(), 9));
    CHECK(fork.length(0) == 9);
    run_rows(fork.ref(), 9, 1);
    fork.ref().commit();
    CHECK(states_are(fork.ref(), 10));
    CHECK(fork.ref().truncate(8) == 5);
    CHECK(states_are(fork.ref(), 5));
    CHECK(fork.ref().truncate(4) == 0);
    CHECK(states_are(fork.ref(), 0));
    CHECK(states_are(c.ref(), 14));
    CHECK(c.ref().truncate(14) == 14);
    CHECK(states_are(c.ref(), 14));
}

TEST_CASE("a recurrent state keeps all rows of a pass or none", "[cache][states]") {
    cache::any c = cache::contiguous{.places = 100}.make(with_states);
    run_rows(c.ref(), 0, 3);
    const index_t some[] = {0, 1}, all[] = {0, 1, 2};
    CHECK(code_of([&] { c.ref().commit(some); }) == errc::unsupported);
    c.ref().commit(all);
    CHECK(states_are(c.ref(), 3));
}

TEST_CASE("what a cache will take is known before, to the byte", "[cache][contiguous][ring]") {
    for (const auto type : {quant::storage::f32, quant::storage::f16}) {
        const cache::contiguous contiguous{.places = 333, .type = type};
        CHECK(contiguous.make(layers).bytes() == contiguous.bytes(layers));
        const cache::ring ring{.places = 333, .chunk = 8, .type = type};
        CHECK(ring.make(layers).bytes() == ring.bytes(layers));
        CHECK(ring.bytes(layers) < contiguous.bytes(layers));
    }
    CHECK(code_of([] { cache::contiguous{.places = 1, .type = quant::storage::q8_0}.make(layers); }) ==
          errc::unsupported);
}

TEST_CASE("a full cache refuses, and nothing is lost", "[cache][contiguous]") {
    cache::any c = cache::contiguous{.places = 100}.make(layers);
    append_everywhere(c.ref(), 0, 100);
    c.ref().commit();
    CHECK(code_of([&] { append_everywhere(c.ref(), 100, 1); }) == errc::capacity);
    CHECK(c.length(0) == 100);
    c.ref().truncate(99);
    append_everywhere(c.ref(), 99, 1);
    CHECK(c.ref().view<float>(2).places == range{0, 100});
}

TEST_CASE("a path of a tree becomes consecutive again", "[cache][contiguous]") {
    cache::any c = cache::contiguous{.places = 100}.make(layers);
    append_everywhere(c.ref(), 0, 3);
    c.ref().commit();
    const std::vector<std::int32_t> tree = {3, 3, 4, 4, 5};
    for (index_t l = 0; l < 3; ++l) c.ref().append(l, tree);
    CHECK(!c.ref().view<float>(0).consecutive);
    const std::vector<index_t> path = {1, 3, 4};
    c.ref().commit(path);
    CHECK(c.length(0) == 6);
    CHECK(c.ref().view<float>(0).consecutive);
    CHECK(c.ref().view<float>(0).position(5) == 5);
}
