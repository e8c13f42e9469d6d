#include "tessera/io/memory.hpp"

#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("tensors in memory are a weight source", "[io][memory]") {
    std::vector<float> x(6, 1.5f);
    const std::vector<bf16> y(4);
    io::memory source;
    source.add("x", view<float>(x.data(), {2, 3}));
    source.add("y", view<const bf16, 1>(y.data(), {4}));
    static_assert(io::weight_source<io::memory>);
    CHECK(std::vector<std::string>(source.names().begin(), source.names().end()) == std::vector<std::string>{"x", "y"});

    const quant::stored_tensor& t = io::require(source, "x", 2, 3);
    CHECK(t.format == quant::storage::f32);
    CHECK(t.bytes.data() == reinterpret_cast<const std::byte*>(x.data()));
    CHECK(t.bytes.size() == 24);
    CHECK(io::require(source, "y", 4).format == quant::storage::bf16);
    CHECK(source.find("z") == nullptr);

    source.add("x", view<float, 1>(x.data(), {1}));
    CHECK(source.names().size() == 2);
    CHECK(&io::require(source, "x", 1) == &t);  // replaced in place
}

TEST_CASE("a view with gaps is refused", "[io][memory]") {
    std::vector<float> x(6);
    io::memory source;
    const auto e = test::error_of([&] { source.add("x", view<float>(x.data(), {2, 3}).columns({0, 2})); });
    REQUIRE(e);
    CHECK(e->code() == errc::argument);
}
