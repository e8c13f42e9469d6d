// The definition of attention, written to be obviously right: double precision, the whole row of scores, scalar edits.
#pragma once

#include <cmath>
#include <vector>

#include "tessera/attention/block.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// The softmax weights of one row and head over the places of its sequence; all zero when it sees none. Allocates.
template <score_policy P, class T>
std::vector<double> reference_weights(const operands<T>& at, const P& policy, index_t sequence, index_t row,
                                      index_t head) {
    const key_blocks<T>& keys = at.keys[std::size_t(sequence)];
    const index_t token = row - at.batch[sequence].begin, own = keys.places.end - at.batch[sequence].size() + token;
    const query q{at.positions[std::size_t(row)], std::int32_t(own), std::int32_t(head), std::int32_t(sequence)};
    std::vector<double> weight(std::size_t(keys.places.end), -INFINITY);
    const double sink = double(sink_of(policy, q));
    double top = sink;
    for (index_t j = 0; j < keys.places.end; ++j) {
        if (!keys.places.contains(j) && j >= keys.pinned) continue;
        const T* stored = keys.key(j, head / at.heads.group());
        const key k{keys.position(j), std::int32_t(j)};
        double score = 0;
        for (index_t d = 0; d < at.heads.key_dim; ++d)
            score += double(at.q(row, head * at.heads.key_dim + d)) * double(float(stored[d * key_lanes]));
        score =
            double(transformed(policy, float(score * double(at.heads.scale)), q, k)) + double(bias_of(policy, q, k));
        if (is_live(policy, q, k)) weight[std::size_t(j)] = score;
        top = std::max(top, weight[std::size_t(j)]);
    }
    double sum = sink == -INFINITY ? 0.0 : std::exp(sink - top);
    for (double& w : weight) sum += w = w == -INFINITY ? 0.0 : std::exp(w - top);
    for (double& w : weight) w = sum > 0 ? w / sum : 0.0;
    return weight;
}

// out as attend() defines it.
template <score_policy P, class T>
void reference(const operands<T>& at, const P& policy) {
    for (index_t s = 0; s < at.batch.sequences(); ++s)
        for (index_t row = at.batch[s].begin; row < at.batch[s].end; ++row)
            for (index_t h = 0; h < at.heads.query; ++h) {
                const std::vector<double> weight = reference_weights(at, policy, s, row, h);
                for (index_t i = 0; i < at.heads.value_dim; ++i) {
                    double sum = 0;
                    for (std::size_t j = 0; j < weight.size(); ++j)
                        if (weight[j] > 0)
                            sum += weight[j] * double(float(at.keys[std::size_t(s)].value_element(
                                                   index_t(j), h / at.heads.group(), i)));
                    at.out(row, h * at.heads.value_dim + i) = float(sum);
                }
            }
}

}
