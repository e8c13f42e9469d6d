#include "tessera/ffn/clamped_gated.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/executor.hpp"

using namespace tessera;

namespace {

constexpr index_t hidden = 20, width = 13, rows = 7;

tensor<float> random_matrix(index_t r, index_t c, std::uint64_t seed) {
    tensor<float> t({r, c});
    for (index_t i = 0; i < t.size(); ++i) t.data()[i] = random_uniform(seed, std::uint64_t(i)) - 0.5f;
    return t;
}
gemm::affine affine(const tensor<float>& w, std::uint64_t seed) {
    gemm::affine map(gemm::linear::from(w.view()));
    for (index_t i = 0; i < map.outputs(); ++i) map.b.data()[i] = random_uniform(seed, std::uint64_t(i)) - 0.5f;
    return map;
}

// The formula, in double precision.
double one_of(const tensor<float>& w, const gemm::affine& map, const double* x, index_t row) {
    double sum = double(map.b.data()[row]);
    for (index_t k = 0; k < w.extent(1); ++k) sum += double(w(row, k)) * x[k];
    return sum;
}

}

TEST_CASE("clamped gates agree with their formula", "[ffn][clamped_gated]") {
    const tensor<float> gate = random_matrix(width, hidden, 1), up = random_matrix(width, hidden, 2),
                        down = random_matrix(hidden, width, 3), x = random_matrix(rows, hidden, 4);
    const ffn::clamped_gated f{affine(gate, 5), affine(up, 6), affine(down, 7), 1.3f, 0.4f};
    tensor<float> y({rows, hidden});
    exec::inline_executor run;
    workspace count = workspace::measuring();
    f(x.view(), {y.view()}, count, run);
    workspace memory(count.high_water());
    f(x.view(), {y.view()}, memory, run);

    double worst = 0.0;
    int clamped = 0;
    for (index_t r = 0; r < rows; ++r) {
        std::vector<double> in(hidden), h(width);
        std::copy_n(&x(r, 0), hidden, in.begin());
        for (index_t i = 0; i < width; ++i) {
            const double g = one_of(gate, f.gate, in.data(), i), u = one_of(up, f.up, in.data(), i);
            clamped += (g > 0.4) + (u > 0.4) + (u < -0.4);
            const double least = std::min(g, double(0.4f));
            h[std::size_t(i)] =
                least / (1.0 + std::exp(-double(1.3f) * least)) * (1.0 + std::clamp(u, -double(0.4f), double(0.4f)));
        }
        for (index_t i = 0; i < hidden; ++i)
            worst = std::max(worst, std::fabs(one_of(down, f.down, h.data(), i) - double(y(r, i))));
    }
    CHECK(clamped > 30);
    CHECK(worst < 1e-5);
}
