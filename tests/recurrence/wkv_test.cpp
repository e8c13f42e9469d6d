#include "tessera/recurrence/wkv.hpp"

#include <cmath>

#include "recurrence/linear_head.hpp"
#include "support/catch.hpp"

using namespace tessera;
using namespace recurrence_test;

namespace {

struct channels_of_rows {
    index_t rows, channels;
    tensor<float> k = random_matrix(rows, channels, 1), v = random_matrix(rows, channels, 2);
    tensor<float> rates = random_matrix(2, channels, 3);

    recurrence::wkv_rates all() {
        for (index_t c = 0; c < channels; ++c) rates(0, c) = -std::exp(rates(0, c));
        for (float& x : k.flat()) x *= 20.0f;
        return {&rates(0, 0), &rates(1, 0)};
    }
};

// The sums themselves, in double.
double slowly(const channels_of_rows& s, index_t t, index_t c) {
    double above = 0.0, below = 0.0;
    for (index_t i = 0; i <= t; ++i) {
        const double age = i == t ? double(s.rates(1, c)) : double(t - 1 - i) * double(s.rates(0, c));
        const double weight = std::exp(age + double(s.k(i, c)));
        above += weight * double(s.v(i, c));
        below += weight;
    }
    return above / below;
}

}

TEST_CASE("the weighted average of RWKV follows its definition from a state of zeros", "[recurrence]") {
    for (const index_t channels : {1, 7, 16, 37}) {
        channels_of_rows s{9, channels};
        const recurrence::wkv_rates rates = s.all();
        tensor<float> out = s.v;
        std::vector<float> state(3 * std::size_t(channels));
        recurrence::wkv(s.k, s.v, rates, out, state.data(), state.data(), {0, channels});
        double worst = 0.0;
        for (index_t t = 0; t < s.rows; ++t)
            for (index_t c = 0; c < channels; ++c)
                worst = std::max(worst, std::fabs(slowly(s, t, c) - double(out(t, c))));
        INFO(channels << " channels");
        CHECK(worst < 2e-5);
    }
}

TEST_CASE("exponents far below zero and far above it stay in range", "[recurrence]") {
    tensor<float> k({2, 1}), v({2, 1}), out({2, 1}), state({3, 1});
    k(0, 0) = -300.0f;
    k(1, 0) = 300.0f;
    v(0, 0) = 0.25f;
    v(1, 0) = 0.5f;
    const float decay = -1.0f, bonus = 0.0f;
    recurrence::wkv(k, v, {&decay, &bonus}, out, state.data(), state.data(), {0, 1});
    CHECK(out(0, 0) == 0.25f);
    CHECK(out(1, 0) == 0.5f);
}

TEST_CASE("the weighted average carried from row to row, in place, gives the bits of one pass", "[recurrence]") {
    channels_of_rows s{13, 21};
    const recurrence::wkv_rates rates = s.all();
    tensor<float> out({s.rows, s.channels}), state({3, s.channels}), carried({3, s.channels});
    recurrence::wkv(s.k, s.v, rates, out, state.data(), state.data(), {0, s.channels});
    tensor<float> stepped = s.v;
    for (const range some : {range{0, 1}, range{1, 1}, range{1, 6}, range{6, 13}})
        for (const range columns : {range{0, 8}, range{8, 21}}) {
            const view<float> rows = stepped.view().slice(some);
            recurrence::wkv(s.k.view().slice(some), rows, rates, rows, carried.data(), carried.data(), columns);
        }
    CHECK(std::equal(out.data(), out.data() + out.size(), stepped.data()));
    CHECK(std::equal(state.data(), state.data() + state.size(), carried.data()));
}
