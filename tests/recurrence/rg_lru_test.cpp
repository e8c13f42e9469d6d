#include "tessera/recurrence/rg_lru.hpp"

#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

namespace {

tensor<float> random_matrix(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(seed, std::uint64_t(i));
    return x;
}

struct sequence {
    index_t rows = 13, channels = 21;
    tensor<float> stay = random_matrix(rows, channels, 1), take = random_matrix(rows, channels, 2);
    tensor<float> x = random_matrix(rows, channels, 3), state = random_matrix(1, channels, 4);
    tensor<float> rate = random_matrix(1, channels, 5);
    std::vector<std::int32_t> positions;

    explicit sequence(std::int32_t first) {
        for (index_t c = 0; c < channels; ++c) rate(0, c) *= c % 3 == 0 ? -1e-5f : -8.0f;
        for (index_t t = 0; t < rows; ++t) positions.push_back(first + std::int32_t(t));
    }
    recurrence::gated_rows gates(range some) const {
        return {stay.view().slice(some), take.view().slice(some),
                std::span(positions).subspan(std::size_t(some.begin), std::size_t(some.size()))};
    }
};

// The definition, in double: the largest error relative to the largest h.
double worst_error(const sequence& s, view<const float> h, const float* after) {
    double worst = 0.0, largest = 0.0;
    for (index_t c = 0; c < s.channels; ++c) {
        double state = double(s.state(0, c));
        for (index_t t = 0; t < s.rows; ++t) {
            const double log_a = double(s.rate(0, c)) * double(s.stay(t, c));
            const double taken = double(s.x(t, c)) * double(s.take(t, c));
            state = s.positions[std::size_t(t)] == 0
                        ? taken
                        : std::exp(log_a) * state + std::sqrt(-std::expm1(2 * log_a)) * taken;
            worst = std::max(worst, std::fabs(state - double(h(t, c))));
            largest = std::max(largest, std::fabs(state));
        }
        worst = std::max(worst, std::fabs(state - double(after[c])));
    }
    return worst / largest;
}

}

TEST_CASE("the real-gated unit follows its definition, begins anew at position 0, and decays slowly without loss",
          "[recurrence]") {
    for (const std::int32_t first : {0, 4, -3}) {
        const sequence s(first);
        tensor<float> h = s.x, after({1, s.channels});
        recurrence::rg_lru(s.gates({0, s.rows}), s.rate.data(), h, s.state.data(), after.data(), {0, s.channels});
        INFO("first position " << first);
        CHECK(worst_error(s, h, after.data()) < 1e-6);
    }
}

TEST_CASE("the real-gated unit gives the same bits row by row, in place and in parts of the channels", "[recurrence]") {
    const sequence s(2);
    tensor<float> whole = s.x, after({1, s.channels}), parts = s.x, carried = s.state;
    recurrence::rg_lru(s.gates({0, s.rows}), s.rate.data(), whole, s.state.data(), after.data(), {0, s.channels});
    for (const range rows : {range{0, 1}, range{1, 6}, range{6, 6}, range{6, 13}})
        for (const range columns : {range{0, 16}, range{16, 21}})
            recurrence::rg_lru(s.gates(rows), s.rate.data(), parts.view().slice(rows), carried.data(), carried.data(),
                               columns);
    CHECK(std::equal(whole.data(), whole.data() + whole.size(), parts.data()));
    CHECK(std::equal(after.data(), after.data() + after.size(), carried.data()));
}
