#include "tessera/ffn/routing.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace tessera;

namespace {

struct picked {
    std::vector<index_t> experts;
    std::vector<float> weights;
};

template <class Routing>
picked route(const Routing& routing, std::vector<float> logits, std::size_t chosen) {
    std::vector<float> rank(2 * logits.size());
    picked out{std::vector<index_t>(chosen), std::vector<float>(chosen)};
    routing(logits, rank, {out.experts, out.weights});
    return out;
}

void near(const std::vector<float>& found, const std::vector<double>& wanted) {
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::fabs(double(found[i]) - wanted[i]) < 1e-6);
}

const std::vector<float> logits = {0.5f, 2.0f, -1.0f, 1.5f, 0.0f, 1.0f};

double probability(std::size_t e) {
    double sum = 0;
    for (float x : logits) sum += std::exp(double(x));
    return std::exp(double(logits[e])) / sum;
}
double sigmoid(std::size_t e) { return 1 / (1 + std::exp(-double(logits[e]))); }

}

TEST_CASE("The best scores are chosen, with their softmax as weights", "[ffn][routing]") {
    const picked p = route(ffn::top_scores{}, logits, 3);
    CHECK(p.experts == std::vector<index_t>{1, 3, 5});
    near(p.weights, {probability(1), probability(3), probability(5)});
}

TEST_CASE("Normalised, the weights are a softmax over the chosen alone, times the factor", "[ffn][routing]") {
    const picked p = route(ffn::top_scores{.normalised = true, .factor = 2.5f}, logits, 2);
    CHECK(p.experts == std::vector<index_t>{1, 3});
    const double first = 1 / (1 + std::exp(-0.5));
    near(p.weights, {2.5 * first, 2.5 * (1 - first)});
}

TEST_CASE("A correction decides the choice and is not in the weights", "[ffn][routing]") {
    ffn::top_scores corrected{.scores = ffn::sigmoid_scores{}, .correction = tensor<float, 1>({6})};
    corrected.correction(2) = 5.0f;
    const picked p = route(corrected, logits, 2);
    CHECK(p.experts == std::vector<index_t>{2, 1});
    near(p.weights, {sigmoid(2), sigmoid(1)});
}

TEST_CASE("Only the groups with the best pairs are chosen from", "[ffn][routing]") {
    // Pairs {0.5, 2.0}, {-1.0, 1.5}, {0.0, 1.0}: the second holds the second best expert and is the worst pair.
    const ffn::top_scores grouped{.scores = ffn::sigmoid_scores{}, .groups = 3, .kept_groups = 2};
    CHECK(route(grouped, logits, 3).experts == std::vector<index_t>{1, 5, 0});
    const ffn::top_scores by_best{.scores = ffn::sigmoid_scores{}, .groups = 3, .kept_groups = 2, .best_of_group = 1};
    CHECK(route(by_best, logits, 3).experts == std::vector<index_t>{1, 3, 0});
}

TEST_CASE("Equal scores go to the expert with the lower number", "[ffn][routing]") {
    CHECK(route(ffn::top_scores{}, {1, 3, 3, 3, 2}, 2).experts == std::vector<index_t>{1, 2});
    CHECK(route(ffn::top_scores{.groups = 2, .kept_groups = 1}, {1, 1, 1, 1}, 2).experts == std::vector<index_t>{0, 1});
}

TEST_CASE("Factors of the experts weigh and do not choose", "[ffn][routing]") {
    ffn::weighed_scores weighed{};
    weighed.factors = tensor<float, 1>({6});
    for (index_t e = 0; e < 6; ++e) weighed.factors(e) = 0.5f - float(e);
    const picked p = route(weighed, logits, 2);
    CHECK(p.experts == std::vector<index_t>{1, 3});
    near(p.weights, {-0.5 * probability(1), -2.5 * probability(3)});
}

TEST_CASE("The sparse mixer weighs each expert among those near the best that is left", "[ffn][routing]") {
    // Within 0.3 of the best, relative to it: of 2.0 only 1.5; then of 1.5 nothing else.
    const picked p = route(ffn::sparse_mixer{0.15f}, logits, 2);
    CHECK(p.experts == std::vector<index_t>{1, 3});
    near(p.weights, {1 / (1 + std::exp(-0.5)), 1.0});
    // Within 0.8: 2.0, 1.5, 1.0, 0.5; then 1.5, 1.0, 0.5.
    const picked wide = route(ffn::sparse_mixer{0.4f}, logits, 2);
    const auto e = [](double x) { return std::exp(x); };
    near(wide.weights, {e(2) / (e(2) + e(1.5) + e(1) + e(0.5)), e(1.5) / (e(1.5) + e(1) + e(0.5))});
}
