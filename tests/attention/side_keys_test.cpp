#include "tessera/attention/side_keys.hpp"
#include "support/policies.hpp"
#include "tessera/core/random.hpp"

using namespace tessera;
using namespace tessera::attention;

namespace {

// Positions are drawn from 0 on: here the first keys are summaries.
struct with_summaries_first {
    side_keys inner;

    template <class K>
    auto live(const query& q, const K& k) const {
        return inner.live(q, moved(k));
    }
    template <class K>
    auto bias(const query& q, const K& k) const {
        return inner.bias(q, moved(k));
    }
    cover covers(range rows, range cols) const {
        return inner.covers(rows, {cols.begin - inner.count, cols.end - inner.count});
    }
    index_t next(range rows, index_t from) const {
        const index_t found = inner.next(rows, from - inner.count);
        return found == no_key ? found : found + inner.count;
    }

private:
    template <class K>
    K moved(K k) const {
        k.position = k.position - inner.count;
        return k;
    }
};

side_keys of(std::int32_t size, std::int32_t block, std::int32_t count) {
    tensor<float> near({8, 12}), side({8, 12});
    for (index_t i = 0; i < near.size(); ++i) {
        near.data()[i] = random_uniform(5, std::uint64_t(i)) - 0.5f;
        side.data()[i] = random_uniform(6, std::uint64_t(i)) - 0.5f;
    }
    return {{size}, bucketed_bias(near, {8, 40, true}), bucketed_bias(side, {8, 30, true}), block, count};
}

}

TEST_CASE("keys of summaries agree with their definition", "[attention][side_keys]") {
    expect_right(of(40, 16, 68));
    expect_right(with_summaries_first{of(40, 16, 67)});
    expect_right(with_summaries_first{of(1000, 300, 3)});
}

TEST_CASE("a query sees all summaries and the rows near it", "[attention][side_keys]") {
    const side_keys three = of(3, 4, 3);
    const query last{14, 0, 1, 0}, first{2, 0, 1, 0};
    const key summaries[] = {{-3, 0}, {-2, 1}, {-1, 2}};
    for (const key& k : summaries) CHECK(three.live(last, k));
    CHECK(three.live(last, key{12, 0}));
    CHECK_FALSE(three.live(last, key{11, 0}));
    const auto at = [&](std::int32_t distance) { return three.side_bias.bias(query{0, 0, 1, 0}, key{distance, 0}); };
    for (std::int32_t block = 0; block < 3; ++block) {
        CHECK(three.bias(first, summaries[block]) == at(block));
        CHECK(three.bias(last, summaries[block]) == at(block - 2));  // its row is behind the last whole block
    }
}
