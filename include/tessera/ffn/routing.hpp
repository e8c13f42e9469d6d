// Which experts a row goes to and how much each counts, from the logits of a router.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <variant>

#include "tessera/core/tensor.hpp"
#include "tessera/ops/softmax.hpp"
#include "tessera/ops/topk.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

// The experts of one row, and their weights.
struct choice {
    std::span<index_t> experts;
    std::span<float> weights;
};

struct softmax_scores {
    void operator()(std::span<float> x) const { ops::softmax_row(x.data(), x.data(), index_t(x.size())); }
};
struct sigmoid_scores {
    void operator()(std::span<float> x) const {
        simd::map(x.data(), x.data(), index_t(x.size()), [](simd::floats v) { return simd::sigmoid(v); });
    }
};

// The experts with the best scores. A softmax that is normalised after the choice is one over the chosen alone.
struct top_scores {
    std::variant<softmax_scores, sigmoid_scores> scores{};
    bool normalised = false;  // weights are divided by their sum, or by least_sum if that is more
    float least_sum = 0.0f;
    float factor = 1.0f;
    // Added for the choice alone, not in the weights: [experts], or empty (DeepSeek-V3, equation 16).
    tensor<float, 1> correction{};
    // Only the best groups of experts are chosen from; a group is as good as the sum of its best few.
    index_t groups = 1, kept_groups = 1, best_of_group = 2;

    // logits become scores; `rank` is scratch of twice their size.
    void operator()(std::span<float> logits, std::span<float> rank, const choice& out) const {
        std::visit([&](const auto& score) { score(logits); }, scores);
        const std::span<float> by = rank.first(logits.size());
        for (std::size_t e = 0; e < by.size(); ++e)
            by[e] = logits[e] + (correction.size() > 0 ? correction.data()[e] : 0.0f);
        if (kept_groups < groups) keep_best_groups(by, rank.subspan(by.size()));
        ops::top_k(by, out.experts);
        float sum = 0.0f;
        for (std::size_t i = 0; i < out.experts.size(); ++i) sum += logits[std::size_t(out.experts[i])];
        const float scale = factor / (normalised ? std::max(sum, least_sum) : 1.0f);
        for (std::size_t i = 0; i < out.experts.size(); ++i)
            out.weights[i] = logits[std::size_t(out.experts[i])] * scale;
    }

private:
    // Of the group that begins at x: the sum of its best few.
    float worth_of(std::span<const float> x) const {
        float sum = 0.0f;
        for (std::size_t e = 0; e < x.size(); ++e) {
            index_t better = 0;
            for (std::size_t f = 0; f < x.size(); ++f) better += x[f] > x[e] || (x[f] == x[e] && f < e);
            if (better < best_of_group) sum += x[e];
        }
        return sum;
    }
    void keep_best_groups(std::span<float> by, std::span<float> worth) const {
        const std::size_t size = by.size() / std::size_t(groups);
        for (std::size_t g = 0; g < std::size_t(groups); ++g) worth[g] = worth_of(by.subspan(g * size, size));
        for (std::size_t g = 0; g < std::size_t(groups); ++g) {
            index_t better = 0;
            for (std::size_t h = 0; h < std::size_t(groups); ++h)
                better += worth[h] > worth[g] || (worth[h] == worth[g] && h < g);
            if (better >= kept_groups)
                std::ranges::fill(by.subspan(g * size, size), -std::numeric_limits<float>::infinity());
        }
    }
};

// Those, each weight times a factor of the expert: [experts].
struct weighed_scores {
    top_scores scores;
    tensor<float, 1> factors;

    void operator()(std::span<float> logits, std::span<float> rank, const choice& out) const {
        scores(logits, rank, out);
        for (std::size_t i = 0; i < out.experts.size(); ++i) out.weights[i] *= factors(out.experts[i]);
    }
};

// One expert after the other; each is weighed among those that come near it (SparseMixer-v2, Phi-3.5-MoE): the softmax
// over the experts left whose logit is at most 2·tolerance below the best of them, relative to the larger of the two.
struct sparse_mixer {
    float tolerance = 0.01f;

    void operator()(std::span<float> logits, std::span<float> rank, const choice& out) const {
        const std::span<float> left = rank.first(logits.size()), near = rank.subspan(logits.size());
        std::ranges::copy(logits, left.begin());
        for (std::size_t i = 0; i < out.experts.size(); ++i) {
            const index_t best = ops::arg_max(left);
            const float most = left[std::size_t(best)];
            for (std::size_t e = 0; e < left.size(); ++e) {
                const float beside = std::max(std::fabs(logits[e]), most);
                near[e] =
                    (most - logits[e]) / beside > 2.0f * tolerance ? -std::numeric_limits<float>::infinity() : left[e];
            }
            ops::softmax_row(near.data(), near.data(), index_t(near.size()));
            out.experts[i] = best;
            out.weights[i] = near[std::size_t(best)];
            left[std::size_t(best)] = -std::numeric_limits<float>::infinity();
        }
    }
};

using any_routing = std::variant<top_scores, weighed_scores, sparse_mixer>;

}
