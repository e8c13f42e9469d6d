#include "tessera/io/write_safetensors.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"
#include "tessera/io/memory.hpp"

using namespace tessera;

namespace {

struct arrays {
    std::vector<float> f{1, 2, 3, 4, 5, 6};
    std::vector<std::int64_t> ids{7, -8};
    std::vector<f16> h{f16(0.5f)};
    std::vector<std::uint8_t> u{9, 10, 11};

    io::memory source() const {
        io::memory all;
        all.add("bytes", view<const std::uint8_t, 1>(u.data(), {3}));
        all.add("f", view<const float, 3>(f.data(), {1, 2, 3}));
        all.add("half", view<const f16, 1>(h.data(), {1}));
        all.add("ids \"é\n", view<const std::int64_t, 1>(ids.data(), {2}));
        all.add("none", view<const float>(f.data(), {0, 4}));
        return all;
    }
};

void same(const io::source_ref a, const io::source_ref b) {
    REQUIRE(a.names().size() == b.names().size());
    for (const std::string& name : a.names()) {
        const quant::stored_tensor& x = io::require(a, name);
        const quant::stored_tensor& y = io::require_shape(b, name, {x.extents, std::size_t(x.rank)});
        CHECK(x.format == y.format);
        CHECK(std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end()));
    }
}

}

TEST_CASE("what is written reads back the same, with every element aligned", "[io][write_safetensors]") {
    const arrays data;
    const io::memory source = data.source();
    const auto bytes = io::to_safetensors(source, {{"format", "pt"}});
    const auto back = io::safetensors::from_memory(bytes);
    same(source, back);
    CHECK(back.metadata().find("format")->as_string() == "pt");
    for (const std::string& name : back.names()) {
        const quant::stored_tensor* t = back.find(name);
        CHECK((t->bytes.data() - bytes.data()) % quant::traits_of(t->format).block_bytes == 0);
    }

    const test::temporary_folder folder;
    const std::string path = folder / "out.safetensors";
    io::write_safetensors(path, source);
    io::write_safetensors(path, source);  // replaces the first
    same(source, io::safetensors::open(path));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("an empty source is a valid file", "[io][write_safetensors]") {
    const auto bytes = io::to_safetensors(io::memory{});
    CHECK(bytes.size() == 64);
    CHECK(io::safetensors::from_memory(bytes).names().empty());
}

TEST_CASE("what cannot be written leaves no file behind", "[io][write_safetensors]") {
    const test::temporary_folder folder;
    io::memory source;
    const std::vector<std::byte> block(18);
    source.add("q", quant::stored_tensor{quant::storage::q4_0, 1, {32}, block});
    CHECK(test::error_of([&] { io::write_safetensors(folder / "q", source); })->code() == errc::unsupported);
    source.add("q", quant::stored_tensor{quant::storage::f32, 1, {32}, block});
    CHECK(test::error_of([&] { io::write_safetensors(folder / "q", source); })->code() == errc::argument);
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK(test::error_of([&] { io::write_safetensors(folder / "absent/q", io::memory{}); })->code() == errc::io);
}
