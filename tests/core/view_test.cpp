#include "tessera/core/view.hpp"

#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

TEST_CASE("shares cover [0, n) once, cut at multiples of the grain", "[core][types]") {
    for (index_t n : {0, 1, 5, 64, 1001})
        for (index_t grain : {1, 4, 64})
            for (index_t parts : {1, 2, 3, 7}) {
                index_t next = 0;
                for (index_t p = 0; p < parts; ++p) {
                    const range r = share_of(n, grain, p, parts);
                    CHECK(r.begin == next);
                    CHECK((r.end % grain == 0 || r.end == n));
                    next = r.end;
                }
                CHECK(next == n);
            }
}

TEST_CASE("ranges intersect, and rounding goes up", "[core][types]") {
    CHECK((range{2, 8} & range{5, 20}) == range{5, 8});
    CHECK((range{2, 4} & range{5, 20}).empty());
    CHECK(range{2, 4}.contains(3));
    CHECK_FALSE(range{2, 4}.contains(4));
    CHECK(range{4, 2}.size() == 0);
    CHECK(ceil_div(7, 3) == 3);
    CHECK(round_up(64, 64) == 64);
    CHECK(round_up(65, 64) == 128);
}

TEST_CASE("a view reaches elements by strides, through slices and columns", "[core][view]") {
    std::vector<int> data(24);
    std::iota(data.begin(), data.end(), 0);
    const view<int> x(data.data(), {4, 6});
    CHECK(x(2, 3) == 15);
    CHECK(x[2](3) == 15);
    CHECK(x[2][3] == 15);
    CHECK(x.size() == 24);
    CHECK(x.contiguous());
    CHECK(x.flat().size() == 24);

    const view<int> part = x.slice({1, 3}).columns({2, 5});
    CHECK(part.extents() == std::array<index_t, 2>{2, 3});
    CHECK(part(0, 0) == 8);
    CHECK(part(1, 2) == 16);
    CHECK_FALSE(part.contiguous());
    part(1, 2) = -1;
    CHECK(data[16] == -1);

    const view<int> transposed(data.data(), {6, 4}, {1, 6});
    CHECK(transposed(3, 2) == x(2, 3));
    CHECK_FALSE(transposed.contiguous());

    const view<const int> read_only = part;
    CHECK(read_only(0, 1) == 9);
    const view<int, 3> deep(data.data(), {2, 3, 4});
    CHECK(deep(1, 2, 3) == 23);
    CHECK(deep[1](2, 3) == 23);
    CHECK(x.slice({2, 2}).empty());
    CHECK(view<int>().empty());
    CHECK(view<int>(data.data(), {1, 6}, {100, 1}).contiguous());
    CHECK(as_view(std::span(data))(5) == 5);
}

TEST_CASE("a tensor starts as zeros, aligned, copies deeply and moves cheaply", "[core][tensor]") {
    tensor<float> a({3, 5});
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % alignment == 0);
    for (float v : a.flat()) CHECK(v == 0.0f);
    a(1, 2) = 7.0f;
    tensor<float> b = a;
    b(1, 2) = 8.0f;
    CHECK(a(1, 2) == 7.0f);
    const float* where = b.data();
    tensor<float> c = std::move(b);
    CHECK(c.data() == where);
    CHECK(c(1, 2) == 8.0f);
    CHECK(b.size() == 0);
    a = c;
    CHECK(a(1, 2) == 8.0f);
    a = std::move(c);
    CHECK(a.data() == where);
    CHECK(a.bytes() == 60);
    CHECK(a.extent(1) == 5);
    const tensor<float>& read_only = a;
    const view<const float> v = read_only;
    CHECK(v(1, 2) == 8.0f);
    CHECK(tensor<int, 3>({2, 0, 4}).data() == nullptr);
    CHECK(tensor<int, 1>().size() == 0);
}
