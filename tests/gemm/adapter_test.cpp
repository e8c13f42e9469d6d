// Products of rows that use different adapters, against sums in double precision, and bit for bit against each alone.
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/threads.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/row_adapters.hpp"
#include "tessera/gemm/multiply.hpp"

using namespace tessera;
using gemm::linear;
using gemm::product;
using tessera::testing::threads;

namespace {

tensor<float> noise(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(seed, std::uint64_t(i)) - 0.5f;
    return x;
}
gemm::stored_matrix stored(const tensor<float>& w) {
    constexpr index_t element = sizeof(float);
    return {reinterpret_cast<const std::byte*>(w.data()), w.extent(0), w.extent(1), w.extent(1) * element, element};
}

// One weight and two adapters, of different ranks; the second one has factors.
struct subject {
    index_t outputs, inputs;
    tensor<float> w = noise(outputs, inputs, 1);
    tensor<float> a[2] = {noise(3, inputs, 2), noise(17, inputs, 3)};
    tensor<float> b[2] = {noise(outputs, 3, 4), noise(outputs, 17, 5)};
    tensor<float> factor = noise(1, outputs, 6);
    linear map = linear::from(w.view());

    subject(index_t n, index_t k) : outputs(n), inputs(k) {
        for (index_t i = 0; i < 2; ++i) {
            tensor<float, 1> factors({i == 1 ? n : 0});
            for (index_t o = 0; o < factors.size(); ++o) factors(o) = factor(0, o);
            map.adapt(i, {stored(a[i]), stored(b[i]), std::move(factors)});
        }
    }

    double wanted(view<const float, 1> x, index_t output, index_t adapter) const {
        double sum = 0;
        for (index_t k = 0; k < inputs; ++k) sum += double(w(output, k)) * double(x(k));
        if (adapter == no_adapter) return sum;
        const auto& down = a[adapter];
        for (index_t r = 0; r < down.extent(0); ++r)
            for (index_t k = 0; k < inputs; ++k)
                sum += double(b[adapter](output, r)) * double(down(r, k)) * double(x(k));
        return adapter == 1 ? sum * double(factor(0, output)) : sum;
    }
};

tensor<float> multiply(const subject& s, view<const float> x, const std::vector<index_t>& adapters, index_t workers) {
    tensor<float> y({x.extent(0), s.outputs});
    const tensor<float, 1> offset({s.outputs});
    const gemm::bias after{offset.data()};
    const threads team{workers};
    const auto run = [&](workspace& memory) {
        const row_adapters rows(memory, index_t(adapters.size()), [&](index_t i) { return adapters[std::size_t(i)]; });
        gemm::multiply(x, {product{&s.map, y, after}}, memory, team);
    };
    workspace measure = workspace::measuring();
    run(measure);
    workspace memory(measure.high_water());
    run(memory);
    return y;
}

}

TEST_CASE("Each row gets what its adapter makes of the product", "[gemm][adapter]") {
    const subject s(75, 50);
    const tensor<float> x = noise(7, 50, 9);
    const std::vector<index_t> adapters{0, 0, no_adapter, 1, 0, 1, no_adapter};
    const tensor<float> y = multiply(s, x, adapters, 1);
    for (index_t r = 0; r < 7; ++r)
        for (index_t o = 0; o < 75; ++o)
            CHECK(y(r, o) == Approx(s.wanted(x.view()[r], o, adapters[std::size_t(r)])).epsilon(1e-4).margin(1e-5));
}

TEST_CASE("A row's bits do not depend on the adapters of others, its place or the workers", "[gemm][adapter]") {
    const index_t n = 150, k = 900, most = 210;
    const subject s(n, k);
    const tensor<float> x = noise(most, k, 9);
    std::vector<index_t> adapters;
    for (index_t r = 0; r < most; ++r) adapters.push_back(index_t(random_bits(7, std::uint64_t(r / 5)) % 3) - 1);
    const tensor<float> all = multiply(s, x, adapters, 3);
    for (const index_t workers : {1, 2, 5})
        for (const index_t count : {1, 2, 13, 97, 210})
            for (const index_t first : {index_t(0), (most - count) / 2, most - count}) {
                CAPTURE(workers, count, first);
                const tensor<float> y = multiply(s, x.view().slice({first, first + count}),
                                                 {adapters.begin() + first, adapters.begin() + first + count}, workers);
                CHECK(std::equal(y.data(), y.data() + y.size(), &all(first, 0)));
            }
    const tensor<float> plain = multiply(s, x, {}, 2);
    for (index_t r = 0; r < most; ++r)
        if (adapters[std::size_t(r)] == no_adapter) CHECK(std::equal(&plain(r, 0), &plain(r, 0) + n, &all(r, 0)));
}

TEST_CASE("Gathered rows take their adapters along", "[gemm][adapter]") {
    workspace memory(1 << 12);
    const index_t of_rows[] = {4, no_adapter, 2};
    {
        const row_adapters rows(memory, 3, [&](index_t i) { return of_rows[i]; });
        {
            const auto gathered = row_adapters::gathered(memory, 2, [](index_t i) { return 2 - 2 * i; });
            CHECK(memory.adapters().extent(0) == 2);
            CHECK(memory.adapters()[0] == 2);
            CHECK(memory.adapters()[1] == 4);
        }
        CHECK(memory.adapters().extent(0) == 3);
    }
    CHECK(memory.adapters().empty());
    const auto none = row_adapters::gathered(memory, 2, [](index_t i) { return i; });
    CHECK(memory.adapters().empty());
}

TEST_CASE("Adapters that do not fit are refused", "[gemm][adapter][errors]") {
    subject s(20, 10);
    CHECK(code_of([&] { s.map.adapt(0, {stored(noise(2, 11, 1)), stored(noise(20, 2, 2))}); }) == errc::shape);
    CHECK(code_of([&] { s.map.adapt(0, {stored(noise(2, 10, 1)), stored(noise(19, 2, 2))}); }) == errc::shape);
    CHECK(code_of([&] { s.map.adapt(0, {stored(noise(2, 10, 1)), stored(noise(20, 3, 2))}); }) == errc::shape);
    CHECK(code_of([&] { multiply(s, noise(4, 10, 3), {0, 0, 0}, 1); }) == errc::argument);
}
