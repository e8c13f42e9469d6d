#include "tessera/io/source.hpp"

#include <memory>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;

namespace {

// The least that a user's own source is.
struct one_tensor {
    std::vector<std::string> all{"w"};
    std::vector<std::byte> data = std::vector<std::byte>(24);
    quant::stored_tensor tensor{quant::storage::f32, 2, {2, 3}, data};

    const quant::stored_tensor* find(std::string_view name) const { return name == "w" ? &tensor : nullptr; }
    const std::vector<std::string>& names() const { return all; }
};

struct filed : one_tensor {
    std::string_view file_of(std::string_view) const { return "some.file"; }
    io::tensor_info describe(std::string_view) const { return {"ODD", {7}, 3, false}; }
};

std::string message_of(auto&& f) {
    const auto e = test::error_of(f);
    return e ? e->what() : "";
}

}

TEST_CASE("a tensor is found, or the error says what is wrong with it", "[io][source]") {
    const filed source;
    CHECK(&io::require(source, "w") == &source.tensor);
    CHECK(&io::require(source, "w", 2, 3) == &source.tensor);
    CHECK(&io::require(source, "w", -1, index_t(3)) == &source.tensor);
    CHECK(message_of([&] { io::require(source, "v"); }) == "some.file: v: no such tensor");
    CHECK(message_of([&] { io::require(source, "v", 2); }) == "some.file: v: no such tensor");
    CHECK(message_of([&] { io::require(source, "w", -1, 4); }) ==
          "some.file: w: wrong shape: expected [any, 4], found [2, 3]");
    CHECK(test::error_of([&] { io::require(source, "w", 2, 3, 1); })->code() == errc::shape);
    CHECK(test::error_of([&] { io::require(source, "w", 2); })->code() == errc::shape);
}

TEST_CASE("a source may leave out what only listings and errors use", "[io][source]") {
    const one_tensor plain;
    const io::source_ref ref = plain;
    CHECK(ref.names().size() == 1);
    CHECK(ref.file_of("w").empty());
    const io::tensor_info info = ref.describe("w");
    CHECK(info.type == "f32");
    CHECK(info.extents == std::vector<index_t>{2, 3});
    CHECK(info.bytes == 24);
    CHECK(info.readable);
    CHECK(test::error_of([&] { ref.describe("v"); })->code() == errc::missing);

    const filed other;
    CHECK(io::source_ref(other).describe("w").type == "ODD");
    CHECK(io::source_ref(other).file_of("w") == "some.file");
}

TEST_CASE("an owning source keeps what it was made of", "[io][source]") {
    struct counted : one_tensor {
        std::shared_ptr<int> life;
    };
    const auto life = std::make_shared<int>();
    {
        counted source;
        source.life = life;
        io::any_source first(std::move(source));
        const io::any_source second = first;
        first = io::any_source(one_tensor{});
        CHECK(life.use_count() == 2);
        CHECK(io::require(second, "w", 2, 3).bytes.size() == 24);
    }
    CHECK(life.use_count() == 1);
}
