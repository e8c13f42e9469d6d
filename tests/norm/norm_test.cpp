#include "tessera/norm/any.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/norm/l2.hpp"

using namespace tessera;

namespace {

tensor<float> random_matrix(index_t rows, index_t columns, float scale = 1.0f, float shift = 0.0f) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i)
        x.data()[i] = (random_uniform(std::uint64_t(columns), std::uint64_t(i)) * 2.0f - 1.0f) * scale + shift;
    return x;
}
tensor<float, 1> random_vector(index_t n, std::uint64_t seed) {
    tensor<float, 1> x({n});
    for (index_t i = 0; i < n; ++i) x.data()[i] = random_uniform(seed, std::uint64_t(i)) + 0.5f;
    return x;
}

// The definitions, in double.
void rms_slowly(const float* x, double* y, index_t n, const norm::rms& how) {
    double squares = 0.0;
    for (index_t i = 0; i < n; ++i) squares += double(x[i]) * double(x[i]);
    for (index_t i = 0; i < n; ++i) {
        const double w = how.weight.size() == 0 ? 1.0 : double(how.weight(i)) + double(how.offset);
        y[i] = double(x[i]) / std::sqrt(squares / double(n) + double(how.epsilon)) * w;
    }
}
void layer_slowly(const float* x, double* y, index_t n, const norm::layer& how) {
    double mean = 0.0, squares = 0.0;
    for (index_t i = 0; i < n; ++i) mean += double(x[i]) / double(n);
    for (index_t i = 0; i < n; ++i) squares += (double(x[i]) - mean) * (double(x[i]) - mean);
    for (index_t i = 0; i < n; ++i) {
        const double w = how.weight.size() == 0 ? 1.0 : double(how.weight(i));
        const double b = how.bias.size() == 0 ? 0.0 : double(how.bias(i));
        y[i] = (double(x[i]) - mean) / std::sqrt(squares / double(n) + double(how.epsilon)) * w + b;
    }
}

// Largest error of any row, in units of 2^-24 of the row's largest result.
template <class Slow>
double worst_error(view<const float> x, view<const float> y, Slow slow) {
    double worst = 0.0;
    std::vector<double> expected(std::size_t(x.extent(1)));
    for (index_t r = 0; r < x.extent(0); ++r) {
        slow(&x(r, 0), expected.data());
        double largest = 0.0;
        for (double e : expected) largest = std::max(largest, std::fabs(e));
        for (index_t c = 0; c < x.extent(1); ++c)
            worst = std::max(worst, std::fabs(double(y(r, c)) - expected[std::size_t(c)]) / largest * 0x1p24);
    }
    return worst;
}

const index_t widths[] = {1, 3, 8, 17, 64, 129, 576, 2050};

}

TEST_CASE("root mean square norms are within a few ulp of the definition", "[norm][rms]") {
    exec::inline_executor run;
    for (index_t width : widths)
        for (float offset : {0.0f, 1.0f}) {
            const norm::rms n{random_vector(width, 1), 1e-6f, offset}, bare{{}, 1e-3f};
            for (const norm::rms* how : {&n, &bare}) {
                const tensor<float> x = random_matrix(3, width, 5.0f);
                tensor<float> y({3, width});
                (*how)(x, y, run);
                INFO("width " << width << ", offset " << offset);
                CHECK(worst_error(x, y, [&](const float* a, double* b) { rms_slowly(a, b, width, *how); }) < 4.0);
            }
        }
}

TEST_CASE("layer norms are within a few ulp of the definition, far from zero too", "[norm][layer]") {
    exec::inline_executor run;
    for (index_t width : widths)
        for (float shift : {0.0f, 1000.0f}) {
            const norm::layer n{random_vector(width, 1), random_vector(width, 2), 1e-5f},
                no_bias{random_vector(width, 3), {}, 1e-5f}, bare{};
            for (const norm::layer* how : {&n, &no_bias, &bare}) {
                const tensor<float> x = random_matrix(3, width, 2.0f, shift);
                tensor<float> y({3, width});
                (*how)(x, y, run);
                INFO("width " << width << ", shift " << shift);
                if (width > 1)
                    CHECK(worst_error(x, y, [&](const float* a, double* b) { layer_slowly(a, b, width, *how); }) < 6.0);
            }
        }
}

TEST_CASE("a row of zeros and a row of one value have finite norms", "[norm]") {
    exec::inline_executor run;
    tensor<float> x({2, 20}), y({2, 20});
    for (index_t c = 0; c < 20; ++c) x(1, c) = 3.0f;
    norm::apply(norm::rms{random_vector(20, 1)}, x, y, run);
    for (index_t c = 0; c < 20; ++c) CHECK(y(0, c) == 0.0f);
    norm::apply(norm::layer{random_vector(20, 1), random_vector(20, 2)}, x, y, run);
    const tensor<float, 1> bias = random_vector(20, 2);
    for (index_t c = 0; c < 20; ++c) {
        CHECK(y(0, c) == bias(c));
        CHECK(y(1, c) == bias(c));
    }
}

TEST_CASE("a row's bits do not depend on its neighbours, strides, threads or on being in place", "[norm]") {
    exec::thread_pool pool(3);
    exec::inline_executor alone;
    const index_t rows = 40, width = 1021;
    const norm::any kinds[] = {norm::identity{}, norm::rms{random_vector(width, 1), 1e-6f, 1.0f},
                               norm::layer{random_vector(width, 1), random_vector(width, 2)}};
    for (const norm::any& n : kinds) {
        const tensor<float> x = random_matrix(rows, width);
        tensor<float> together({rows, width}), wide({rows, width + 9}), one({1, width});
        norm::apply(n, x, together, pool);
        const view<float> strided = wide.view().columns({5, 5 + width});
        for (index_t r = 0; r < rows; ++r) std::copy_n(&x(r, 0), width, &strided(r, 0));
        norm::apply(n, strided, strided, alone);
        for (index_t r = 0; r < rows; ++r) {
            norm::apply(n, x.view().slice({r, r + 1}), one, alone);
            CHECK(std::equal(one.data(), one.data() + width, &together(r, 0)));
            CHECK(std::equal(one.data(), one.data() + width, &strided(r, 0)));
        }
    }
}

TEST_CASE("per head, each piece as wide as the weight is a row of its own", "[norm][any]") {
    exec::inline_executor run;
    const index_t rows = 3, heads = 5, dim = 18;
    const tensor<float> x = random_matrix(rows, heads * dim);
    const norm::any kinds[] = {norm::rms{random_vector(dim, 1)},
                               norm::layer{random_vector(dim, 1), random_vector(dim, 2)}};
    for (const norm::any& n : kinds) {
        tensor<float> y({rows, heads * dim}), apart({rows, dim});
        norm::apply_per_head(n, x, y, run);
        for (index_t h = 0; h < heads; ++h) {
            norm::apply(n, x.view().columns({h * dim, h * dim + dim}), apart, run);
            for (index_t r = 0; r < rows; ++r) CHECK(std::equal(&apart(r, 0), &apart(r, 0) + dim, &y(r, h * dim)));
        }
    }
    const norm::any full = norm::rms{random_vector(heads * dim, 4)};
    tensor<float> y({rows, heads * dim}), z({rows, heads * dim});
    norm::apply_per_head(full, x, y, run);
    norm::apply(full, x, z, run);
    CHECK(std::equal(y.data(), y.data() + y.size(), z.data()));
}

TEST_CASE("each head may have a weight of its own", "[norm][any]") {
    exec::inline_executor run;
    norm::layer_per_head n{tensor<float>({2, 10})};
    for (float& w : n.weight.flat()) w = random_uniform(9, std::uint64_t(&w - n.weight.data()));
    const tensor<float> x = random_matrix(4, 20);
    tensor<float> y({4, 20}), z({4, 20});
    norm::apply_per_head(norm::any(n), x, y, run);
    for (index_t h = 0; h < 2; ++h) {
        norm::layer one{tensor<float, 1>({10})};
        std::copy_n(&n.weight(h, 0), 10, one.weight.data());
        one(x.view().columns({10 * h, 10 * h + 10}), z.view().columns({10 * h, 10 * h + 10}), run);
    }
    CHECK(std::equal(y.data(), y.data() + y.size(), z.data()));
    CHECK(norm::is_identity(norm::identity{}));
    CHECK_FALSE(norm::is_identity(n));

    norm::apply(norm::any(norm::rms_per_head{n.weight, 1e-3f}), x, y, run);
    for (index_t h = 0; h < 2; ++h) {
        norm::rms one{tensor<float, 1>({10}), 1e-3f};
        std::copy_n(&n.weight(h, 0), 10, one.weight.data());
        one(x.view().columns({10 * h, 10 * h + 10}), z.view().columns({10 * h, 10 * h + 10}), run);
    }
    CHECK(std::equal(y.data(), y.data() + y.size(), z.data()));
}

TEST_CASE("the L2 norm follows its definition, with epsilon within the root", "[norm]") {
    for (const index_t n : {1, 7, 16, 33}) {
        const tensor<float> x = random_matrix(3, n, 0.01f);
        tensor<float> y = x;
        for (index_t r = 0; r < 3; ++r) norm::l2_row(&y(r, 0), &y(r, 0), n, 1e-4f, 0.5f);
        INFO(n << " columns");
        CHECK(worst_error(x, y, [n](const float* from, double* to) {
                  double squares = 0.0;
                  for (index_t i = 0; i < n; ++i) squares += double(from[i]) * double(from[i]);
                  for (index_t i = 0; i < n; ++i) to[i] = 0.5 * double(from[i]) / std::sqrt(squares + double(1e-4f));
              }) < 3.0);
    }
}
