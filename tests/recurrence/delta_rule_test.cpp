#include "tessera/recurrence/delta_rule.hpp"

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
            const auto at = [&](index_t i) -> double& { return s[std::size_t(i * h.value_dim + c)]; };
            double known = 0.0, sum = 0.0;
            for (index_t i = 0; i < h.key_dim; ++i) known += double(r.k(t, i)) * double(r.decay(t, i)) * at(i);
            const double correction = double(r.gain[t]) * (double(r.v(t, c)) - known);
            for (index_t i = 0; i < h.key_dim; ++i) {
                at(i) = double(r.decay(t, i)) * at(i) + double(r.k(t, i)) * correction;
                sum += double(r.q(t, i)) * at(i);
            }
            worst = std::max(worst, std::fabs(sum - double(out(t, c))));
        }
    for (std::size_t i = 0; i < s.size(); ++i) worst = std::max(worst, std::fabs(s[i] - double(after[i])));
    return worst;
}

}

TEST_CASE("the delta rule follows its definition, with a decay for a row and for each key channel", "[recurrence]") {
    each_shape([](const head& h, const recurrence::linear_rows& rows) {
        tensor<float> out({h.rows, h.value_dim}), after({h.key_dim, h.value_dim});
        recurrence::delta_rule(rows, out, h.state.data(), after.data());
        CHECK(worst_error(h, rows, out, after.data()) < 1e-4);
    });
}

TEST_CASE("the delta rule carried from row to row, in place, gives the bits of one pass", "[recurrence]") {
    check_carried([](const auto&... arguments) { recurrence::delta_rule(arguments...); });
}
