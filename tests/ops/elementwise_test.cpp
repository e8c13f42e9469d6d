#include "tessera/ops/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

// Columns [2, 2 + n) of a wider matrix, so that rows are strided.
struct strided {
    tensor<float> all;
    view<float> x;

    strided(index_t rows, index_t n, std::uint64_t seed) : all({rows, n + 5}), x(all.view().columns({2, 2 + n})) {
        for (index_t i = 0; i < all.size(); ++i) all.data()[i] = random_uniform(seed, std::uint64_t(i)) - 0.5f;
    }
};

template <class Run, class Expected>
void check(Run run, Expected expected) {
    exec::thread_pool pool(2);
    for (index_t rows : {1, 7, 90})
        for (index_t n : {1, 8, 19, 777}) {
            strided a(rows, n, 1), b(rows, n, 2);
            const tensor<float> before = a.all;
            run(a.x, b.x, exec::executor_ref(pool));
            bool same = true;
            for (index_t r = 0; r < rows; ++r)
                for (index_t c = 0; c < n + 5; ++c) {
                    const bool inside = c >= 2 && c < 2 + n;
                    const float was = before(r, c);
                    same &= a.all(r, c) == (inside ? expected(was, b.all(r, c), r) : was);
                }
            INFO(rows << " x " << n);
            CHECK(same);
        }
}

}

TEST_CASE("element-wise operations do each element of strided rows and nothing beside them", "[ops][elementwise]") {
    using v = view<float>;
    using e = exec::executor_ref;
    check([](v x, v y, e run) { ops::add(x, y, x, run); }, [](float a, float b, index_t) { return a + b; });
    check([](v x, v y, e run) { ops::multiply(x, y, x, run); }, [](float a, float b, index_t) { return a * b; });
    check([](v x, v y, e run) { ops::add_scaled(x, y, 0.3f, run); },
          [](float a, float b, index_t) { return simd::fmadd(0.3f, b, a); });
    check([](v x, v, e run) { ops::scale(x, 1.7f, run); }, [](float a, float, index_t) { return a * 1.7f; });
    check([](v x, v, e run) { ops::clip(x, 0.3f, run); },
          [](float a, float, index_t) { return std::clamp(a, -0.3f, 0.3f); });
    check([](v x, v, e run) { ops::softcap(x, 0.5f, run); },
          [](float a, float, index_t) { return ops::softcap_to(0.5f)(a); });
    check([](v x, v, e run) { ops::map(ops::gelu{}, x, x, run); },
          [](float a, float, index_t) { return ops::gelu{}(a); });
    check([](v x, v y, e) { ops::copy(y, x); }, [](float, float b, index_t) { return b; });
    check(
        [](v x, v, e run) {
            std::vector<float> factors;
            for (index_t r = 0; r < x.extent(0); ++r) factors.push_back(float(r));
            ops::scale_rows(x, factors, run);
        },
        [](float a, float, index_t r) { return a * float(r); });
}

TEST_CASE("a vector is copied", "[ops][elementwise]") {
    strided a(3, 10, 1), b(3, 10, 2);
    ops::copy(view<const float>(a.x)[1], b.x[2]);
    for (index_t c = 0; c < 10; ++c) CHECK(b.x(2, c) == a.x(1, c));
}
