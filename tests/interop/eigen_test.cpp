#include "tessera/interop/eigen.hpp"

#include <numeric>

#include "support/catch.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

TEST_CASE("a view and its Eigen map are the same elements", "[interop][eigen]") {
    tensor<float> t({5, 7});
    std::iota(t.data(), t.data() + t.size(), 0.0f);
    const view<float> part = t.view().slice({1, 4}).columns({2, 6});
    auto m = interop::as_eigen(part);
    REQUIRE(m.rows() == 3);
    REQUIRE(m.cols() == 4);
    for (index_t r = 0; r < 3; ++r)
        for (index_t c = 0; c < 4; ++c) CHECK(m(r, c) == part(r, c));
    m(2, 1) = -1.0f;
    CHECK(t(3, 3) == -1.0f);
    const view<const float> read_only = part;
    CHECK(interop::as_eigen(read_only).sum() == m.sum());
}

TEST_CASE("a strided vector is mapped with its stride", "[interop][eigen]") {
    tensor<float> t({4, 3});
    std::iota(t.data(), t.data() + t.size(), 0.0f);
    const view<float, 1> column(t.data() + 1, {4}, {3});
    CHECK(interop::as_eigen(column) == Eigen::Vector4f(1, 4, 7, 10));
}

TEST_CASE("Eigen matrices of both storage orders, maps, blocks and vectors read as views", "[interop][eigen]") {
    Eigen::MatrixXf by_columns = Eigen::MatrixXf::Random(4, 6);
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> by_rows = by_columns;
    auto block = by_columns.block(1, 2, 3, 2);
    const view<float> a = interop::as_view(by_columns), b = interop::as_view(block);
    const view<const float> c = interop::as_view(by_rows);
    for (index_t r = 0; r < 4; ++r)
        for (index_t k = 0; k < 6; ++k) {
            CHECK(a(r, k) == by_columns(r, k));
            CHECK(c(r, k) == by_columns(r, k));
        }
    b(2, 1) = 42.0f;
    CHECK(by_columns(3, 3) == 42.0f);
    CHECK(b.extents() == std::array<index_t, 2>{3, 2});

    Eigen::VectorXf v = Eigen::VectorXf::LinSpaced(5, 0.0f, 4.0f);
    const view<float, 1> w = interop::as_view(v);
    CHECK(w.extent(0) == 5);
    CHECK(w(3) == 3.0f);
    auto map = interop::as_eigen(a);
    const view<float> again = interop::as_view(map);
    CHECK(again.data() == a.data());
    CHECK(again.strides() == a.strides());
}
