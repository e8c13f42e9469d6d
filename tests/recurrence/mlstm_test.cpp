#include "tessera/recurrence/mlstm.hpp"

#include <vector>

#include "recurrence/linear_head.hpp"
#include "support/catch.hpp"

using namespace tessera;
using namespace recurrence_test;

namespace {

constexpr float epsilon = 1e-3f;

// A head with the gates of its rows, which reach far: what they weigh spans many powers of e.
struct cell : head {
    tensor<float> take, stay, scratch, before;

    cell(index_t n, index_t keys, index_t values, float m)
        : head{n, keys, values},
          take(random_matrix(n, 3, 11)),
          stay(random_matrix(n, 2, 12)),
          scratch({2, n}),
          before(random_matrix(1, recurrence::mlstm_state(keys, values), 13)) {
        for (float& x : take.flat()) x *= 30.0f;
        for (float& x : stay.flat()) x *= 30.0f;
        before(0, before.size() - 1) = m;
    }
    recurrence::mlstm_rows some(range part) {
        const recurrence::linear_rows r = slice(all(true), part);
        const auto gate = [&](tensor<float>& of) {
            return view<float, 1>(of.data(), {rows}, {of.extent(1)}).slice(part);
        };
        return {r.q, r.k, r.v, gate(take), gate(stay), scratch.view()[0].slice(part), scratch.view()[1].slice(part)};
    }
};

// The definition in double, without a stabiliser: it takes e^-m for the smallest divisor, and ε is counted in e^m.
double worst_error(const cell& c, view<const float> out, const float* after) {
    const index_t keys = c.key_dim, values = c.value_dim;
    const recurrence::linear_rows r = c.all(true);
    double m = double(c.before(0, c.before.size() - 1)), worst = 0.0;
    std::vector<double> state;  // C and n, times e^m
    for (index_t i = 0; i + 1 < c.before.size(); ++i) state.push_back(double(c.before(0, i)) * std::exp(m));
    for (index_t t = 0; t < c.rows; ++t) {
        const double stays = 1.0 / (1.0 + std::exp(-double(c.stay(t, 0)))), taken = std::exp(double(c.take(t, 0)));
        m = std::max(m + std::log(stays), double(c.take(t, 0)));
        const auto follow = [&](std::size_t i, double added) { return state[i] = stays * state[i] + taken * added; };
        double normaliser = 0.0;
        for (index_t i = 0; i < keys; ++i)
            normaliser += double(r.q(t, i)) * follow(std::size_t(keys * values + i), double(r.k(t, i)));
        const double divisor = std::max(std::fabs(normaliser), 1.0) + double(epsilon) * std::exp(m);
        for (index_t v = 0; v < values; ++v) {
            double sum = 0.0;
            for (index_t i = 0; i < keys; ++i)
                sum += double(r.q(t, i)) * follow(std::size_t(i * values + v), double(r.k(t, i)) * double(r.v(t, v)));
            worst = std::max(worst, std::fabs(sum / divisor - double(out(t, v))));
        }
    }
    for (std::size_t i = 0; i < state.size(); ++i)
        worst = std::max(worst, std::fabs(state[i] * std::exp(-m) - double(after[i])));
    return std::max(worst, std::fabs(m - double(after[state.size()])));
}

}

TEST_CASE("An mLSTM cell follows its definition, however far its gates reach", "[recurrence]") {
    for (const index_t values : {1, 8, 33, 70})
        for (const float m : {0.0f, -5.0f, 20.0f}) {
            INFO(values << " value columns, first stabiliser " << m);
            const cell c(11, 13, values, m);
            cell used = c;
            tensor<float> out({c.rows, values}), after({c.before.size(), 1});
            recurrence::mlstm(used.some({0, c.rows}), out, epsilon, c.before.data(), after.data());
            CHECK(worst_error(c, out, after.data()) < 5e-5);
        }
}

TEST_CASE("An mLSTM cell carried from row to row, in place, gives the bits of one pass", "[recurrence]") {
    cell one(17, 20, 41, 1.0f), parts = one;
    tensor<float> out({17, 41}), again({17, 41}), after({one.before.size(), 1});
    recurrence::mlstm(one.some({0, 17}), out, epsilon, one.before.data(), after.data());
    for (const range some : {range{0, 1}, range{1, 1}, range{1, 9}, range{9, 17}})
        recurrence::mlstm(parts.some(some), again.view().slice(some), epsilon, parts.before.data(),
                          parts.before.data());
    CHECK(std::equal(out.data(), out.data() + out.size(), again.data()));
    CHECK(std::equal(after.data(), after.data() + after.size(), parts.before.data()));
}
