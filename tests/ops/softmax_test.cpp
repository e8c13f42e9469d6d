#include "tessera/ops/softmax.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

tensor<float> random_matrix(index_t rows, index_t columns, float scale) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = (random_uniform(11, std::uint64_t(i)) - 0.5f) * scale;
    return x;
}

double log_sum_exp_slowly(const float* x, index_t n) {
    double largest = -INFINITY, sum = 0.0;
    for (index_t i = 0; i < n; ++i) largest = std::max(largest, double(x[i]));
    for (index_t i = 0; i < n; ++i) sum += std::exp(double(x[i]) - largest);
    return largest + std::log(sum);
}

}

TEST_CASE("softmax and its logarithm are their definitions in double", "[ops][softmax]") {
    exec::inline_executor run;
    for (index_t n : {1, 2, 8, 31, 100, 1000, 50257})
        for (float scale : {0.1f, 20.0f, 300.0f}) {
            const tensor<float> x = random_matrix(2, n, scale);
            tensor<float> p({2, n}), l({2, n});
            ops::softmax(x, p, run);
            ops::log_softmax(x, l, run);
            INFO("n " << n << ", scale " << scale);
            for (index_t r = 0; r < 2; ++r) {
                const double total = log_sum_exp_slowly(&x(r, 0), n);
                double worst = 0.0, worst_log = 0.0;
                for (index_t i = 0; i < n; ++i) {
                    const double exact = double(x(r, i)) - total;
                    if (std::exp(exact) > 1e-30)
                        worst = std::max(worst, std::fabs(double(p(r, i)) / std::exp(exact) - 1.0));
                    worst_log =
                        std::max(worst_log, std::fabs(double(l(r, i)) - exact) / std::max(1.0, std::fabs(exact)));
                }
                // the difference to the largest is rounded: |x| · 2^-24 in the exponent
                CHECK(worst < 5e-7 + double(scale) * 0x1p-24);
                CHECK(worst_log < 3e-7);
                CHECK(double(ops::log_sum_exp(&x(r, 0), n)) == Approx(total).epsilon(1e-6));
            }
        }
}

TEST_CASE("masked entries get no weight, and a row of nothing but them has no softmax", "[ops][softmax]") {
    exec::inline_executor run;
    const float none = -INFINITY;
    tensor<float> x({2, 11});
    for (float& v : x.flat()) v = none;
    x(0, 3) = 1.0f;
    x(0, 9) = 1.0f;
    tensor<float> p({2, 11});
    ops::softmax(x, p, run);
    for (index_t i = 0; i < 11; ++i) {
        CHECK(p(0, i) == (i == 3 || i == 9 ? 0.5f : 0.0f));
        CHECK(std::isnan(p(1, i)));
    }
    CHECK(ops::log_sum_exp(&x(1, 0), 11) == none);
    CHECK(ops::log_sum_exp(&x(1, 0), 0) == none);
}

TEST_CASE("a row's softmax does not depend on its neighbours, on threads or on being in place", "[ops][softmax]") {
    exec::thread_pool pool(3);
    exec::inline_executor alone;
    const tensor<float> x = random_matrix(50, 999, 8.0f);
    tensor<float> together({50, 999}), in_place = x, one({1, 999});
    ops::softmax(x, together, pool);
    ops::softmax(in_place, in_place, pool);
    for (index_t r = 0; r < 50; ++r) {
        ops::softmax(x.view().slice({r, r + 1}), one, alone);
        CHECK(std::equal(one.data(), one.data() + 999, &together(r, 0)));
        CHECK(std::equal(one.data(), one.data() + 999, &in_place(r, 0)));
    }
}
