#include "tessera/ffn/moe.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

constexpr index_t hidden = 20, width = 13, count = 5, chosen = 2;

tensor<float> random_matrix(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> t({rows, columns});
    for (index_t i = 0; i < t.size(); ++i)
        t.data()[i] = 3.5f * (random_uniform(seed, std::uint64_t(i)) - 0.5f) / std::sqrt(float(columns));
    return t;
}

// The stored matrices, and the mixture made of them.
struct parts {
    tensor<float> router = random_matrix(count, hidden, 1);
    std::vector<tensor<float>> gate, up, down;
    tensor<float> shared_gate = random_matrix(1, hidden, 2);

    parts() {
        for (std::uint64_t e = 0; e <= count; ++e) {  // the last is shared
            gate.push_back(random_matrix(width, hidden, 10 + e));
            up.push_back(random_matrix(width, hidden, 20 + e));
            down.push_back(random_matrix(hidden, width, 30 + e));
        }
    }

    static gemm::affine affine(const tensor<float>& w) { return gemm::affine(gemm::linear::from(w)); }
    ffn::gated expert(std::size_t e) const { return {affine(gate[e]), affine(up[e]), affine(down[e]), ops::silu{}}; }
    ffn::moe mixture(bool with_shared) const {
        ffn::moe m{.router = affine(router), .routing = ffn::top_scores{.normalised = true}, .chosen = chosen};
        for (std::size_t e = 0; e < count; ++e) m.experts.push_back(expert(e));
        if (!with_shared) return m;
        m.shared = expert(count);
        m.shared_gate = affine(shared_gate);
        return m;
    }
};

double dot(const tensor<float>& w, index_t row, const double* x) {
    double sum = 0;
    for (index_t k = 0; k < w.extent(1); ++k) sum += double(w(row, k)) * x[k];
    return sum;
}
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The definition, in double precision.
std::vector<double> expert_of(const parts& p, std::size_t e, const std::vector<double>& x) {
    std::vector<double> h(width), y(hidden);
    for (index_t i = 0; i < width; ++i) {
        const double g = dot(p.gate[e], i, x.data());
        h[std::size_t(i)] = g * sigmoid(g) * dot(p.up[e], i, x.data());
    }
    for (index_t i = 0; i < hidden; ++i) y[std::size_t(i)] = dot(p.down[e], i, h.data());
    return y;
}
std::vector<double> mixture_of(const parts& p, const std::vector<double>& x, bool with_shared) {
    std::vector<std::pair<double, std::size_t>> logits;
    for (index_t e = 0; e < count; ++e) logits.emplace_back(-dot(p.router, e, x.data()), std::size_t(e));
    std::sort(logits.begin(), logits.end());
    std::vector<double> y(hidden);
    double sum = 0;
    for (index_t i = 0; i < chosen; ++i) sum += std::exp(-logits[std::size_t(i)].first);
    const auto add = [&](std::size_t e, double weight) {
        const std::vector<double> one = expert_of(p, e, x);
        for (std::size_t i = 0; i < y.size(); ++i) y[i] += weight * one[i];
    };
    for (index_t i = 0; i < chosen; ++i)
        add(logits[std::size_t(i)].second, std::exp(-logits[std::size_t(i)].first) / sum);
    if (with_shared) add(count, sigmoid(dot(p.shared_gate, 0, x.data())));
    return y;
}

tensor<float> run(const ffn::moe& f, view<const float> x, exec::executor_ref exec,
                  const tensor<float>* before = nullptr, float factor = 1.0f) {
    tensor<float> y({x.extent(0), hidden});
    if (before != nullptr) y = *before;
    const gemm::destination to{y, factor, before != nullptr};
    workspace count_bytes = workspace::measuring();
    f(x, to, count_bytes, exec);
    workspace memory(count_bytes.high_water());
    f(x, to, memory, exec);
    CHECK(memory.high_water() <= count_bytes.high_water());
    return y;
}

}

TEST_CASE("A mixture is the weighted sum of its chosen experts, and of the shared one", "[ffn][moe]") {
    const parts p;
    for (const bool with_shared : {false, true})
        for (const index_t rows : {1, 2, 37}) {
            const tensor<float> x = random_matrix(rows, hidden, 3), before = random_matrix(rows, hidden, 4);
            const ffn::moe f = p.mixture(with_shared);
            const tensor<float> y = run(f, x, exec::inline_execution);
            const tensor<float> added = run(f, x, exec::inline_execution, &before, 0.5f);
            for (index_t r = 0; r < rows; ++r) {
                const std::vector<double> row(&x(r, 0), &x(r, 0) + hidden), wanted = mixture_of(p, row, with_shared);
                for (index_t i = 0; i < hidden; ++i) {
                    CHECK(std::fabs(double(y(r, i)) - wanted[std::size_t(i)]) < 1e-6);
                    CHECK(std::fabs(double(added(r, i)) - (double(before(r, i)) + 0.5 * wanted[std::size_t(i)])) <
                          1e-6);
                }
            }
        }
}

TEST_CASE("What a row gets from a mixture depends neither on its neighbours nor on threads", "[ffn][moe]") {
    const parts p;
    const ffn::moe f = p.mixture(true);
    const tensor<float> x = random_matrix(61, hidden, 5);
    exec::thread_pool pool{3};
    const tensor<float> together = run(f, x, exec::inline_execution), threaded = run(f, x, pool);
    for (index_t r = 0; r < x.extent(0); ++r) {
        const view<const float> all = x;
        const tensor<float> alone = run(f, all.slice({r, r + 1}), exec::inline_execution);
        CHECK(std::equal(alone.data(), alone.data() + hidden, &together(r, 0)));
        CHECK(std::equal(alone.data(), alone.data() + hidden, &threaded(r, 0)));
    }
}

TEST_CASE("A mixture of no rows does nothing", "[ffn][moe]") {
    const parts p;
    CHECK(run(p.mixture(true), tensor<float>({0, hidden}), exec::inline_execution).size() == 0);
}
