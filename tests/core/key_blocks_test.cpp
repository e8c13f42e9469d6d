#include "tessera/core/key_blocks.hpp"

#include <set>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/bits.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

namespace {

template <class T>
struct store {
    key_block_layout layout{3, 10, 6, index_t(sizeof(T))};
    std::vector<std::int32_t> table;
    tensor<std::byte, 1> memory;

    explicit store(std::vector<std::int32_t> t)
        : table(std::move(t)), memory({index_t(table.size()) * layout.bytes()}) {}
    key_blocks<T> blocks(range live) {
        key_blocks<T> b;
        b.base = memory.data();
        b.stride = layout.bytes();
        b.table = table;
        b.layout = layout;
        b.places = live;
        return b;
    }
};

float key_at(index_t place, index_t i) { return float(place % 31) + float(i) * 0.25f; }
float value_at(index_t place, index_t i) { return float(place % 29) - float(i) * 0.5f; }

template <class T>
void write(const key_blocks<T>& b, index_t place) {
    std::vector<float> k, v;
    for (index_t i = 0; i < b.layout.heads * b.layout.key_dim; ++i) k.push_back(key_at(place, i));
    for (index_t i = 0; i < b.layout.heads * b.layout.value_dim; ++i) v.push_back(value_at(place, i));
    b.write(place, std::int32_t(place + 1000), k.data(), v.data());
}

template <class T>
bool reads_back(const key_blocks<T>& b, index_t place) {
    bool same = b.position(place) == std::int32_t(place + 1000);
    for (index_t h = 0; h < b.layout.heads; ++h) {
        for (index_t i = 0; i < b.layout.key_dim; ++i)
            same &= float(b.key(place, h)[i * key_lanes]) == key_at(place, h * b.layout.key_dim + i);
        for (index_t i = 0; i < b.layout.value_dim; ++i)
            same &= float(b.value(place, h)[i]) == value_at(place, h * b.layout.value_dim + i);
    }
    return same;
}

template <class T>
void check_round_trip() {
    store<T> s({2, 0, 3, 1});
    const index_t places = 4 * key_block;
    const key_blocks<T> b = s.blocks({0, places});
    for (index_t p = 0; p < places; ++p) write(b, p);
    for (index_t p = 0; p < places; ++p)
        if (!reads_back(b, p)) FAIL_CHECK("place " << p);
}

}

TEST_CASE("what is written at a place is read there, whatever block holds it", "[core][key_blocks]") {
    check_round_trip<float>();
    check_round_trip<f16>();
    check_round_trip<bf16>();
}

TEST_CASE("elements of a block lie apart and inside it", "[core][key_blocks]") {
    store<float> s({0});
    const key_blocks<float> b = s.blocks({0, key_block});
    std::set<const void*> seen;
    const auto take = [&](const auto* p) {
        const auto offset = reinterpret_cast<const std::byte*>(p) - s.memory.data();
        CHECK(offset >= 0);
        CHECK(offset + index_t(sizeof *p) <= s.layout.bytes());
        seen.insert(p);
    };
    for (index_t p = 0; p < key_block; ++p) {
        take(&b.position(p));
        for (index_t h = 0; h < s.layout.heads; ++h) {
            for (index_t i = 0; i < s.layout.key_dim; ++i) take(b.key(p, h) + i * key_lanes);
            for (index_t i = 0; i < s.layout.value_dim; ++i) take(b.value(p, h) + i);
        }
    }
    CHECK(index_t(seen.size()) == key_block * (1 + s.layout.heads * (s.layout.key_dim + s.layout.value_dim)));
    CHECK(s.layout.bytes() % 64 == 0);
}

TEST_CASE("a table shorter than the sequence is a ring", "[core][key_blocks]") {
    store<float> s({1, 0});
    const key_blocks<float> b = s.blocks({3 * key_block, 5 * key_block});
    for (index_t p = 3 * key_block; p < 5 * key_block; ++p) write(b, p);
    for (index_t p = 3 * key_block; p < 5 * key_block; ++p)
        if (!reads_back(b, p)) FAIL_CHECK("place " << p);
    CHECK(b.block(3) == s.memory.data());
    CHECK(b.block(4) == s.memory.data() + s.layout.bytes());
    CHECK(b.block(6) == b.block(4));
}
