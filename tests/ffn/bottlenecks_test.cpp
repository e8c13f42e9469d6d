// Bottleneck adapters beside a feed-forward, against sums in double precision.
#include "tessera/ffn/bottlenecks.hpp"

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/row_adapters.hpp"
#include "tessera/model/mixer_sum.hpp"

using namespace tessera;

namespace {

tensor<float> noise(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(seed, std::uint64_t(i)) - 0.5f;
    return x;
}
gemm::affine map_of(index_t outputs, index_t inputs, std::uint64_t seed) {
    tensor<float, 1> b({outputs});
    for (index_t i = 0; i < outputs; ++i) b(i) = random_uniform(seed, 1000 + std::uint64_t(i)) - 0.5f;
    return {gemm::linear::from(noise(outputs, inputs, seed).view()), std::move(b)};
}

constexpr index_t hidden = 22, widths[] = {3, 5};
constexpr float scales[] = {0.1f, -2.0f};

ffn::bottlenecks two() {
    ffn::bottlenecks all;
    for (std::uint64_t i = 0; i < 2; ++i)
        all.of.push_back(
            {{map_of(widths[i], hidden, 10 + i), map_of(hidden, widths[i], 20 + i), ops::relu{}}, scales[i]});
    return all;
}

// scale · (up(relu(down(x))))
double added(view<const float, 1> x, index_t output, std::uint64_t which) {
    const index_t width = widths[which];
    const tensor<float> narrow = noise(width, hidden, 10 + which), wide = noise(hidden, width, 20 + which);
    const auto b = [](std::uint64_t seed, index_t i) {
        return double(random_uniform(seed, 1000 + std::uint64_t(i))) - 0.5;
    };
    double sum = b(20 + which, output);
    for (index_t w = 0; w < width; ++w) {
        double h = b(10 + which, w);
        for (index_t k = 0; k < hidden; ++k) h += double(narrow(w, k)) * double(x(k));
        sum += double(wide(output, w)) * std::max(h, 0.0);
    }
    return double(scales[which]) * sum;
}

}

TEST_CASE("Each row gets what the bottleneck of its adapter gives", "[ffn][bottlenecks]") {
    const ffn::bottlenecks adapters = two();
    const tensor<float> x = noise(6, hidden, 1), before = noise(6, hidden, 2);
    const index_t of_rows[] = {1, 1, no_adapter, 0, 7, 1};
    for (const bool accumulate : {false, true}) {
        tensor<float> y({6, hidden});
        std::copy_n(before.data(), before.size(), y.data());
        const auto pass = [&](workspace& memory) {
            const row_adapters rows(memory, 6, [&](index_t i) { return of_rows[i]; });
            adapters(x, {y, 0.5f, accumulate}, memory, exec::inline_execution);
        };
        workspace count = workspace::measuring();
        pass(count);
        workspace memory(count.high_water());
        pass(memory);
        for (index_t r = 0; r < 6; ++r)
            for (index_t o = 0; o < hidden; ++o) {
                const bool some = of_rows[r] == 0 || of_rows[r] == 1;
                const double gain = some ? 0.5 * added(x.view()[r], o, std::uint64_t(of_rows[r])) : 0.0;
                CHECK(y(r, o) == Approx((accumulate ? double(before(r, o)) : 0.0) + gain).margin(1e-6));
            }
    }
}

TEST_CASE("Without adapters a sum with bottlenecks is the feed-forward alone", "[ffn][bottlenecks]") {
    const auto wide = [] { return ffn::mlp{map_of(40, hidden, 30), map_of(hidden, 40, 31), ops::gelu{}}; };
    const model::mixer_sum sum{{{.mixer = wide()}, {.mixer = two()}}};
    const tensor<float> x = noise(4, hidden, 1);
    tensor<float> alone({4, hidden}), together({4, hidden});
    workspace memory(1 << 20);
    const model::batch none{};
    const model::step s{none, memory, exec::inline_execution};
    const auto attend = [](auto&&...) {};
    const model::layer_pass pass{s, 0, {}, attend};
    wide()(x, {alone}, memory, exec::inline_execution);
    sum(x, {together}, pass);
    CHECK(std::equal(alone.data(), alone.data() + alone.size(), together.data()));
    const row_adapters rows(memory, 4, [](index_t) { return index_t(1); });
    sum(x, {together}, pass);
    CHECK_FALSE(std::equal(alone.data(), alone.data() + alone.size(), together.data()));
}
