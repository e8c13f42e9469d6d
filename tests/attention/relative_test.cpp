#include "tessera/attention/relative.hpp"
#include "support/catch.hpp"
#include "support/policies.hpp"
#include "tessera/attention/causal.hpp"

using namespace tessera;
using namespace tessera::attention;

namespace {

tensor<float> random_weight(index_t buckets, index_t heads) {
    tensor<float> w({buckets, heads});
    for (index_t i = 0; i < w.size(); ++i) w.data()[i] = random_uniform(7, std::uint64_t(i)) - 0.5f;
    return w;
}

}

TEST_CASE("relative biases agree with their definition", "[attention][relative]") {
    const tensor<float> weight = random_weight(8, 12);
    expect_right(bucketed_bias(weight, {8, 40, true}));
    expect_right(causal{} & bucketed_bias(weight, {8, 300, false}));
}

TEST_CASE("distances fall into T5's buckets", "[attention][relative]") {
    const bucketing both{32, 128, true}, past{32, 128, false};
    const std::pair<index_t, index_t> in_both[] = {{0, 0},     {-1, 1},    {1, 17},    {-7, 7},  {7, 23},
                                                   {-8, 8},    {-11, 8},   {-12, 9},   {12, 25}, {-50, 13},
                                                   {-127, 15}, {-128, 15}, {-999, 15}, {999, 31}};
    for (const auto& [distance, bucket] : in_both) CHECK(both(distance) == bucket);
    const std::pair<index_t, index_t> in_past[] = {{0, 0},    {5, 0},    {-1, 1},    {-15, 15},  {-16, 16},
                                                   {-20, 17}, {-50, 24}, {-127, 31}, {-128, 31}, {-999, 31}};
    for (const auto& [distance, bucket] : in_past) CHECK(past(distance) == bucket);
}
