#include "tessera/recurrence/linear_state.hpp"

#include <vector>

#include "recurrence/linear_head.hpp"
#include "support/catch.hpp"

using namespace tessera;
using namespace recurrence_test;

namespace {

// The definition, in double: the largest error of out and of the state.
double worst_error(const head& h, const recurrence::linear_rows& r, view<const float> out, const float* after) {
    std::vector<double> s(h.state.data(), h.state.data() + h.state.size());
    double worst = 0.0;
    for (index_t t = 0; t < h.rows; ++t)
        for (index_t c = 0; c < h.value_dim; ++c) {
            double sum = 0.0;
            for (index_t i = 0; i < h.key_dim; ++i) {
                double& x = s[std::size_t(i * h.value_dim + c)];
                x = double(r.decay(t, i)) * x + double(r.k(t, i)) * double(r.gain[t]) * double(r.v(t, c));
                sum += double(r.q(t, i)) * x;
            }
            worst = std::max(worst, std::fabs(sum - double(out(t, c))));
        }
    for (std::size_t i = 0; i < s.size(); ++i) worst = std::max(worst, std::fabs(s[i] - double(after[i])));
    return worst;
}

}

TEST_CASE("a linear state follows its definition, with a decay for a row and for each key channel", "[recurrence]") {
    for (const index_t value_dim : {1, 7, 8, 33, 64, 70})
        for (const bool shared : {false, true}) {
            const head h{11, 13, value_dim};
            tensor<float> out({h.rows, value_dim}), after({h.key_dim, value_dim});
            const recurrence::linear_rows rows = h.all(shared);
            recurrence::linear_state(rows, out, h.state.data(), after.data());
            INFO(value_dim << " value columns, shared " << shared);
            CHECK(worst_error(h, rows, out, after.data()) < 1e-5);
        }
}

TEST_CASE("a linear state carried from row to row, in place, gives the bits of one pass", "[recurrence]") {
    const head h{17, 20, 41};
    const recurrence::linear_rows rows = h.all(true);
    tensor<float> out({h.rows, h.value_dim}), after({h.key_dim, h.value_dim}), carried = h.state;
    recurrence::linear_state(rows, out, h.state.data(), after.data());
    tensor<float> in_place = h.v;
    const view<float> stepped = in_place.view().columns({2, 2 + h.value_dim});
    for (const range some : {range{0, 1}, range{1, 1}, range{1, 9}, range{9, 17}}) {
        recurrence::linear_rows part = slice(rows, some);
        part.v = view<const float>(stepped).slice(some);
        recurrence::linear_state(part, stepped.slice(some), carried.data(), carried.data());
    }
    for (index_t t = 0; t < h.rows; ++t) CHECK(std::equal(&out(t, 0), &out(t, 0) + h.value_dim, &stepped(t, 0)));
    CHECK(std::equal(after.data(), after.data() + after.size(), carried.data()));
    tensor<float> kept({h.key_dim, h.value_dim});
    recurrence::linear_state(slice(rows, {0, 0}), out.view().slice({0, 0}), h.state.data(), kept.data());
    CHECK(std::equal(kept.data(), kept.data() + kept.size(), h.state.data()));
}
