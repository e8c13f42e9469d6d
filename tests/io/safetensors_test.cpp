#include "tessera/io/safetensors.hpp"

#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;

namespace {

std::vector<std::byte> file(const std::string& header, std::size_t data_bytes) {
    test::byte_writer out;
    out.put(std::uint64_t(header.size())).text(header);
    for (std::size_t i = 0; i < data_bytes; ++i) out.put(std::uint8_t(i + 1));
    return out.bytes();
}

const std::string good_header =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},)"
    R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"s":{"dtype":"I8","shape":[],"data_offsets":[20,21]},)"
    R"("e":{"dtype":"F32","shape":[0,5],"data_offsets":[20,20]}} )";

std::optional<error> refusal(const std::string& header, std::size_t data_bytes) {
    const auto bytes = file(header, data_bytes);
    return test::error_of([&] { io::safetensors::from_memory(bytes, "f"); });
}

}

TEST_CASE("tensors are found where the header says", "[io][safetensors]") {
    const auto bytes = file(good_header, 21);
    const auto source = io::safetensors::from_memory(bytes, "f");
    const std::byte* const data = bytes.data() + 8 + good_header.size();
    CHECK(std::vector<std::string>(source.names().begin(), source.names().end()) ==
          std::vector<std::string>{"a", "b", "e", "s"});
    CHECK(io::require(source, "a", 2).bytes.data() == data);
    CHECK(io::require(source, "b", 2, 3).bytes.data() == data + 8);
    CHECK(io::require(source, "b").format == quant::storage::f16);
    CHECK(io::require(source, "b").bytes.size() == 12);
    CHECK(io::require(source, "s").rank == 0);
    CHECK(io::require(source, "s").bytes[0] == std::byte{21});
    CHECK(io::require(source, "e", 0, 5).bytes.empty());
    CHECK(source.find("__metadata__") == nullptr);
    CHECK(source.metadata().find("format")->as_string() == "pt");
    CHECK(std::string(test::error_of([&] { io::require(source, "b", 3, 2); })->what()) ==
          "f: b: wrong shape: expected [3, 2], found [2, 3]");
}

TEST_CASE("types and ranks beyond the library's are listed, and refused when asked for", "[io][safetensors]") {
    const auto bytes = file(R"({"q":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},)"
                            R"("n":{"dtype":"NEW","shape":[2,2],"data_offsets":[3,4]},)"
                            R"("r":{"dtype":"I8","shape":[1,1,1,1,2],"data_offsets":[4,6]}})",
                            6);
    const auto source = io::safetensors::from_memory(bytes, "f");
    CHECK(source.names().size() == 3);
    CHECK(source.describe("q").type == "F8_E4M3");
    CHECK_FALSE(source.describe("q").readable);
    CHECK(source.describe("r").extents == std::vector<index_t>{1, 1, 1, 1, 2});
    for (const char* name : {"q", "n", "r"})
        CHECK(test::error_of([&] { source.find(name); })->code() == errc::unsupported);
    CHECK(std::string(test::error_of([&] { source.find("q"); })->what()) ==
          "f: q: a tensor that cannot be read: expected a known type and at most 4 axes, found F8_E4M3 [3]");
}

TEST_CASE("a header that lies is refused", "[io][safetensors]") {
    const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
        return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
    };
    CHECK_FALSE(refusal(one("F32", "[2]", "[0,8]"), 8));
    const std::string refused[] = {
        one("F32", "[3]", "[0,8]"),                        // size
        one("F32", "[2]", "[0,9]"),                        // beyond the end
        one("F32", "[2]", "[8,0]"),                        // backwards
        one("F32", "[2]", "[-8,0]"),                       // negative
        one("F32", "[1]", "[0,4]"),                        // a rest
        one("F32", "[1]", "[4,8]"),                        // a gap
        one("F32", "[-2]", "[0,8]"),                       // negative
        one("F32", "[4611686018427387906]", "[0,8]"),      // 2^62 + 2: the product wraps to 8
        one("F32", "[4294967296,4294967296,2]", "[0,8]"),  // wraps to 0
        one("F32", "[0,4294967296,4294967296]", "[0,0]"),  // strides would wrap
        one("F32", "[1.5]", "[0,8]"), one("F32", "2", "[0,8]"), one("F32", "[2]", "[0]"), one("F32", "[2]", "[0,8,8]"),
        one("F32", "[2]", "[0,18446744073709551615]"), one("F32", "[2]", "[0,1e300]"), one("F32", "[\"2\"]", "[0,8]"),
        one("NEW", "[4294967296,4294967296]", "[0,8]"), R"({"a":{"dtype":"F32","shape":[2]}})",
        R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}})", R"({"a":3})", R"([])", R"({})",
        R"({"__metadata__":3})", "",
        // overlapping, and one name twice
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"};
    for (const std::string& header : refused) {
        INFO(header);
        const auto e = refusal(header, 8);
        REQUIRE(e);
        CHECK((e->code() == errc::format || e->code() == errc::type));
        CHECK(e->context().file == "f");
    }
    CHECK(std::string(refusal(one("F32", "[3]", "[0,8]"), 8)->what()) ==
          "f: a: data of another size than the shape: expected F32 [3], found 8 bytes");
    CHECK(std::string(refusal(one("F32", "[true]", "[0,8]"), 8)->what()) ==
          "f: a: shape: wrong kind of value: expected an integer, found a boolean");
}

TEST_CASE("header sizes beyond the file are refused before anything is allocated", "[io][safetensors]") {
    for (const std::uint64_t size :
         {std::uint64_t(3), std::uint64_t(1) << 26, std::uint64_t(1) << 40, ~std::uint64_t(0)}) {
        const auto bytes = test::byte_writer().put(size).text("{}").bytes();
        CHECK(test::error_of([&] { io::safetensors::from_memory(bytes); })->code() == errc::format);
    }
    const auto empty = test::byte_writer().put(std::uint64_t(2)).text("{}").bytes();
    CHECK(io::safetensors::from_memory(empty).names().empty());
}

TEST_CASE("a damaged safetensors file is read or refused, never anything else", "[io][safetensors]") {
    const auto all = test::read_damaged(file(good_header, 21), [](std::span<const std::byte> bytes) {
        const auto source = io::safetensors::from_memory(bytes);
        for (const std::string& name : source.names()) {
            const auto* t = source.describe(name).readable ? source.find(name) : nullptr;
            if (t == nullptr) continue;
            unsigned sum = 0;
            for (const std::byte b : t->bytes) sum += unsigned(b);
            if (t->row_bytes() * t->rows() != std::ssize(t->bytes) || sum > 1u << 20)
                throw std::logic_error("wrong size");
        }
    });
    CHECK(all.refused > 1000);
    CHECK(all.read > 100);
}

TEST_CASE("a directory holds one file, or shards with an index", "[io][safetensors]") {
    const auto part = [](const std::string& name, const std::string& more = "") {
        return file("{\"" + name + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})" + more + "}",
                    more.empty() ? 2 : 3);
    };
    const test::temporary_folder folder;
    CHECK(test::error_of([&] { io::safetensors::open(folder.path()); })->code() == errc::missing);
    CHECK(test::error_of([&] { io::safetensors::open(folder / "absent.safetensors"); })->code() == errc::io);

    folder.write("m-1.safetensors", part("a"));
    folder.write("m-2.safetensors", part("b", R"(,"unlisted":{"dtype":"U8","shape":[1],"data_offsets":[2,3]})"));
    folder.write("heads.safetensors", "not a part of the model");
    const auto index = [&](const std::string& map) {
        folder.write("model.safetensors.index.json", R"({"metadata":{"total_size":4},"weight_map":)" + map + "}");
        return test::error_of([&] { io::safetensors::open(folder.path()); });
    };
    CHECK_FALSE(index(R"({"a":"m-1.safetensors","b":"m-2.safetensors"})"));
    const io::any_source source = io::safetensors::open(folder.path());
    CHECK(source.names().size() == 2);
    CHECK(io::require(source, "a", 2).bytes[1] == std::byte{2});
    CHECK(source.file_of("b") == folder / "m-2.safetensors");
    CHECK(source.find("unlisted") == nullptr);

    const auto absent = index(R"({"a":"m-1.safetensors","c":"m-2.safetensors"})");
    REQUIRE(absent);
    CHECK(absent->code() == errc::missing);
    CHECK(absent->context().subject == "c");
    CHECK(index(R"({"a":"m-3.safetensors"})")->code() == errc::io);
    CHECK(index(R"({"a":"heads.safetensors"})")->code() == errc::format);
    CHECK(index(R"({"a":7})")->code() == errc::type);
    CHECK(index("7")->code() == errc::type);
    for (const char* name :
         {"../m-1.safetensors", "/etc/passwd", "", ".", "..", "x\\\\y", "c:x", "m-1.safetensors\\u0000"})
        CHECK(index(R"({"a":")" + std::string(name) + "\"}")->code() == errc::format);

    folder.write("model.safetensors", part("whole"));
    CHECK(io::safetensors::open(folder.path()).names()[0] == "whole");
    CHECK(io::require(io::safetensors::open(folder / "m-1.safetensors"), "a").rank == 1);
}
