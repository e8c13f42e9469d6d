// A learned bias for each distance between key and query (Shaw, Uszkoreit and Vaswani 2018; Raffel et al. 2020).
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <memory>
#include <span>

#include "tessera/attention/policy.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Distances beyond the reach have the bias of the reach. Copies share the table.
struct relative_bias {
    // [query heads, 2 · reach + 1 + padding]: the bias of distances (key's position less query's) -reach … reach.
    std::shared_ptr<const tensor<float>> table;
    std::int32_t reach = 0;

    float bias(const query& q, const key& k) const {
        return row(q)[std::clamp(k.position - q.position, -reach, reach) + reach];
    }
    // Most registers hold consecutive positions within reach, whose biases lie side by side.
    simd::floats bias(const query& q, const key_vector& k) const {
        std::int32_t position[simd::lanes];
        simd::store(k.position, position);
        const std::int32_t first = position[0] - q.position, last = position[simd::lanes - 1] - q.position;
        const bool consecutive = simd::all(simd::as_mask(k.position == simd::ints(position[0]) + simd::iota()));
        if (consecutive && first >= -reach && last <= reach) return simd::load(row(q) + (first + reach));
        float b[simd::lanes];
        for (index_t l = 0; l < simd::lanes; ++l) b[l] = bias(q, key{position[l], 0});
        return simd::load(b);
    }

private:
    const float* row(const query& q) const { return table->data() + q.head * table->extent(1); }
};

// T5's buckets (Raffel et al. 2020, section 2.1): exact for small distances, then logarithmic up to max_distance, half
// of them for either direction unless only the past is seen.
struct bucketing {
    index_t buckets = 32, max_distance = 128;
    bool both_directions = true;

    // Of the distance from a query to a key, negative for keys before it.
    index_t operator()(index_t distance) const {
        index_t count = buckets, first = 0;
        if (both_directions) {
            count /= 2;
            first = distance > 0 ? count : 0;
            distance = std::abs(distance);
        } else {
            distance = std::max<index_t>(0, -distance);
        }
        const index_t exact = count / 2;
        if (distance < exact) return first + distance;
        const float scale = static_cast<float>(std::log(double(max_distance) / double(exact)));
        const float steps = std::log(float(distance) / float(exact)) / scale * float(count - exact);
        return first + std::min(exact + static_cast<index_t>(steps), count - 1);
    }
};

// weight: [buckets, query heads], as checkpoints have it.
inline relative_bias bucketed_bias(view<const float> weight, const bucketing& bucket) {
    assert(weight.extent(0) == bucket.buckets);
    const index_t reach = bucket.max_distance, heads = weight.extent(1);
    auto table = std::make_shared<tensor<float>>(std::array{heads, 2 * reach + 1});
    for (index_t h = 0; h < heads; ++h)
        for (index_t d = -reach; d <= reach; ++d) (*table)(h, d + reach) = weight(bucket(d), h);
    return {std::move(table), static_cast<std::int32_t>(reach)};
}

}
