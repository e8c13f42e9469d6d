#include "tessera/io/gguf.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;
using io::json;
using test::byte_writer;

namespace {

enum : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

byte_writer start(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
    return byte_writer().text("GGUF").put(version).put(tensors).put(pairs);
}

// Extents innermost first, as in the file.
void list(byte_writer& out, std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type,
          std::uint64_t offset) {
    out.counted(name).put(std::uint32_t(extents.size()));
    for (const std::uint64_t e : extents) out.put(e);
    out.put(type).put(offset);
}

// Every kind of metadata, and a few tensors: 32 + 64 + 36 (+ padding) bytes of data.
std::vector<std::byte> good_file(std::uint32_t version = 3) {
    byte_writer out = start(5, 16, version);
    out.counted("u8").put(u8).put(std::uint8_t(255)).counted("i8").put(i8).put(std::int8_t(-1));
    out.counted("u16").put(u16).put(std::uint16_t(65535)).counted("i16").put(i16).put(std::int16_t(-2));
    out.counted("u32").put(u32).put(std::uint32_t(4294967295)).counted("i32").put(i32).put(std::int32_t(-3));
    out.counted("f32").put(f32).put(0.5f).counted("bool").put(boolean).put(std::uint8_t(1));
    out.counted("string").put(string).counted("h\xc3\xa9\xff").counted("u64").put(u64).put(~std::uint64_t(0));
    out.counted("i64").put(i64).put(std::int64_t(-4)).counted("f64").put(f64).put(1e300);
    out.counted("empty").put(array).put(i32).put(std::uint64_t(0));
    out.counted("tokens").put(array).put(string).put(std::uint64_t(2)).counted("a").counted("");
    out.counted("nested").put(array).put(array).put(std::uint64_t(2));
    out.put(u8).put(std::uint64_t(2)).put(std::uint8_t(1)).put(std::uint8_t(2)).put(f64).put(std::uint64_t(0));
    out.counted("general.alignment").put(u32).put(std::uint32_t(64));
    list(out, "plain", {4, 2}, 0, 0);
    list(out, "quantised", {32, 2}, 2, 64);
    list(out, "other", {256}, 10, 128);
    list(out, "unknown", {7}, 77, 128);
    list(out, "scalar", {}, 24, 192);
    out.pad_to(64);
    for (int i = 0; i < 128 + 84; ++i) out.put(std::uint8_t(i));
    return out.bytes();
}

std::optional<error> refusal(std::span<const std::byte> bytes) {
    return test::error_of([&] { io::gguf::from_memory(bytes, "f"); });
}

// A file with one tensor before `data_bytes` of data.
std::optional<error> refusal(const std::vector<std::uint64_t>& extents, std::uint32_t type, std::uint64_t offset,
                             std::size_t data_bytes) {
    byte_writer out = start(1, 0);
    list(out, "t", extents, type, offset);
    out.pad_to(32);
    for (std::size_t i = 0; i < data_bytes; ++i) out.put(std::uint8_t(0));
    return refusal(out);
}

}

TEST_CASE("metadata of every kind is read", "[io][gguf]") {
    for (const std::uint32_t version : {2u, 3u}) {
        const auto bytes = good_file(version);
        const auto file = io::gguf::from_memory(bytes);
        CHECK(file.metadata() == json(json::object{{"u8", 255},
                                                   {"i8", -1},
                                                   {"u16", 65535},
                                                   {"i16", -2},
                                                   {"u32", 4294967295},
                                                   {"i32", -3},
                                                   {"f32", 0.5},
                                                   {"bool", true},
                                                   {"string", "h\xc3\xa9\xff"},
                                                   {"u64", 18446744073709551616.0},
                                                   {"i64", -4},
                                                   {"f64", 1e300},
                                                   {"empty", json::array{}},
                                                   {"tokens", json::array{"a", ""}},
                                                   {"nested", json::array{json::array{1, 2}, json::array{}}},
                                                   {"general.alignment", 64}}));
        CHECK(file.metadata().as_object().begin()->key == "u8");
    }
}

TEST_CASE("tensors lie where the file says, outermost extent first", "[io][gguf]") {
    const auto bytes = good_file();
    const auto file = io::gguf::from_memory(bytes, "f");
    const std::byte* const data = bytes.data() + bytes.size() - 212;
    const quant::stored_tensor& plain = io::require(file, "plain", 2, 4);
    CHECK(plain.format == quant::storage::f32);
    CHECK(plain.bytes.data() == data);
    CHECK(plain.bytes.size() == 32);
    const quant::stored_tensor& quantised = io::require(file, "quantised", 2, 32);
    CHECK(quantised.format == quant::storage::q4_0);
    CHECK(quantised.bytes.data() == data + 64);
    CHECK(quantised.bytes.size() == 36);
    CHECK(quantised.row(1).data() == data + 64 + 18);
    CHECK(io::require(file, "scalar").bytes[0] == std::byte{192});
    CHECK(file.find("absent") == nullptr);
    CHECK(file.names().size() == 5);

    CHECK(file.describe("other").type == "Q2_K");
    CHECK(file.describe("other").bytes == 84);
    CHECK(file.describe("unknown").type == "type 77");
    CHECK(std::string(test::error_of([&] { file.find("other"); })->what()) ==
          "f: other: a tensor that cannot be read: expected a known type and at most 4 axes, found Q2_K [256]");
    CHECK(test::error_of([&] { file.find("unknown"); })->code() == errc::unsupported);
}

TEST_CASE("every block format is found under ggml's number", "[io][gguf]") {
    using quant::storage;
    const std::pair<std::uint32_t, storage> all[] = {
        {0, storage::f32},    {1, storage::f16},  {2, storage::q4_0},  {3, storage::q4_1},    {6, storage::q5_0},
        {7, storage::q5_1},   {8, storage::q8_0}, {12, storage::q4_k}, {13, storage::q5_k},   {14, storage::q6_k},
        {24, storage::i8},    {25, storage::i16}, {26, storage::i32},  {20, storage::iq4_nl}, {27, storage::i64},
        {39, storage::mxfp4}, {28, storage::f64}, {30, storage::bf16}};
    for (const auto& [number, format] : all) {
        byte_writer out = start(1, 0);
        list(out, "t", {256, 3}, number, 0);
        out.pad_to(32);
        const std::size_t size =
            std::size_t(768 / quant::traits_of(format).block_elements * quant::traits_of(format).block_bytes);
        for (std::size_t i = 0; i < size; ++i) out.put(std::uint8_t(i));
        const auto file = io::gguf::from_memory(out);
        CHECK(io::require(file, "t", 3, 256).format == format);
        CHECK(io::require(file, "t").bytes.size() == size);
        const auto shorter = std::span(out.bytes()).first(out.bytes().size() - 1);
        CHECK(refusal(shorter)->code() == errc::format);
    }
}

TEST_CASE("what is not a GGUF file of a known version is refused", "[io][gguf]") {
    CHECK(std::string(refusal(byte_writer().text("GGML"))->what()) == "f: not a GGUF file");
    CHECK(refusal(byte_writer())->code() == errc::format);
    CHECK(refusal(start(0, 0, 1))->code() == errc::unsupported);
    CHECK(refusal(start(0, 0, 4))->code() == errc::unsupported);
    CHECK(std::string(refusal(start(0, 0, 0x03000000))->what()) ==
          "f: a big-endian GGUF file: expected version 2 or 3");
    CHECK_FALSE(refusal(start(0, 0)));
}

TEST_CASE("tensors that lie are refused", "[io][gguf]") {
    constexpr std::uint64_t wide = std::uint64_t(1) << 32;
    CHECK_FALSE(refusal({4, 2}, 0, 0, 32));
    CHECK_FALSE(refusal({4, 2}, 0, 32, 64));
    CHECK_FALSE(refusal({4, 0}, 0, 32, 32));
    CHECK(refusal({4, 2}, 0, 0, 31));
    CHECK(refusal({4, 2}, 0, 16, 64));  // alignment
    CHECK(refusal({4, 2}, 0, 64, 64));
    CHECK(refusal({4, 2}, 0, ~std::uint64_t(31), 64));
    CHECK(refusal({33}, 2, 0, 64));  // not a whole number of blocks
    CHECK(refusal({}, 2, 0, 64));
    CHECK(refusal({wide, wide}, 24, 0, 64));
    CHECK(refusal({wide, wide, 0}, 24, 0, 64));
    CHECK(refusal({wide / 2 * wide}, 24, 0, 64));
    CHECK(refusal({~std::uint64_t(0)}, 24, 0, 64));
    CHECK(refusal({1, 1, 1, 1, 1}, 24, 0, 64));

    byte_writer twice = start(2, 0);
    list(twice, "t", {1}, 24, 0);
    list(twice, "t", {1}, 24, 0);
    CHECK(refusal(twice.pad_to(32).put(1))->context().subject == "t");
}

TEST_CASE("counts beyond the file are refused before anything is allocated", "[io][gguf]") {
    constexpr std::uint64_t huge = ~std::uint64_t(0);
    CHECK(refusal(start(huge, 0)));
    CHECK(refusal(start(0, huge)));
    CHECK(refusal(start(std::uint64_t(1) << 40, 0).pad_to(4096)));
    CHECK(refusal(start(0, std::uint64_t(1) << 40).pad_to(4096)));
    CHECK(refusal(start(0, 1).put(huge).pad_to(4096)));                                  // key
    CHECK(refusal(start(0, 1).counted("k").put(string).put(huge).pad_to(4096)));         // string
    CHECK(refusal(start(0, 1).counted("k").put(array).put(u8).put(huge).pad_to(4096)));  // array
    CHECK(refusal(start(0, 1).counted("k").put(array).put(string).put(huge / 8).pad_to(4096)));
    CHECK(refusal(start(0, 1).counted("k").put(array).put(f64).put(std::uint64_t(1) << 61).pad_to(4096)));
    CHECK(refusal(start(0, 1).counted("k").put(std::uint32_t(13)).pad_to(4096)));
    CHECK(refusal(start(0, 1).counted("k").put(array).put(std::uint32_t(13)).put(std::uint64_t(1)).pad_to(4096)));

    byte_writer many = start(0, 1).counted("k").put(array).put(u8).put(std::uint64_t(9'000'000));
    many.put_all(std::vector<std::byte>(9'000'000));
    CHECK(refusal(many)->code() == errc::capacity);
}

TEST_CASE("metadata that lies is refused", "[io][gguf]") {
    byte_writer deep = start(0, 1).counted("k").put(array);
    for (int i = 0; i < 100000; ++i) deep.put(array).put(std::uint64_t(1));
    CHECK(refusal(deep)->code() == errc::capacity);

    CHECK(refusal(start(0, 2).counted("k").put(u8).put(u8).counted("k").put(u8).put(u8)));
    const auto aligned = [](std::uint32_t n) {
        return refusal(start(0, 1).counted("general.alignment").put(u32).put(n));
    };
    CHECK_FALSE(aligned(1));
    CHECK_FALSE(aligned(0x80000000));
    CHECK(aligned(0));
    CHECK(aligned(48));
    CHECK(refusal(start(0, 1).counted("general.alignment").put(string).counted("32"))->code() == errc::type);
}

TEST_CASE("a damaged GGUF file is read or refused, never anything else", "[io][gguf]") {
    const auto all = test::read_damaged(good_file(), [](std::span<const std::byte> bytes) {
        const auto file = io::gguf::from_memory(bytes);
        for (const std::string& name : file.names()) {
            const auto* t = file.describe(name).readable ? file.find(name) : nullptr;
            if (t == nullptr) continue;
            unsigned sum = 0;
            for (const std::byte b : t->bytes) sum += unsigned(b);
            if (t->row_bytes() * t->rows() != std::ssize(t->bytes) || sum > 1u << 20)
                throw std::logic_error("wrong size");
        }
    });
    CHECK(all.refused > 1000);
    CHECK(all.read > 1000);
}

TEST_CASE("a model in several files is read through any of them", "[io][gguf]") {
    const test::temporary_folder folder;
    const auto part = [&](int i, int n, std::string_view tensor) {
        byte_writer out = start(1, 2);
        out.counted("split.count").put(u16).put(std::uint16_t(n)).counted("part").put(u16).put(std::uint16_t(i));
        list(out, tensor, {4}, 24, 0);
        out.pad_to(32).put(i);
        return folder.write("m-0000" + std::to_string(i) + "-of-0000" + std::to_string(n) + ".gguf", out);
    };
    const std::string first = part(1, 2, "a");
    CHECK(test::error_of([&] { io::gguf::open(first); })->code() == errc::io);
    const std::string second = part(2, 2, "b");
    for (const std::string& path : {first, second}) {
        const io::gguf opened = io::gguf::open(path);
        CHECK(opened.metadata().get<int>("part") == 1);
        CHECK(opened.names().size() == 2);
        const io::any_source source = io::gguf::open(path);
        CHECK(io::require(source, "b", 4).bytes[0] == std::byte{2});
        CHECK(source.file_of("a") == first);
    }
    CHECK(test::error_of([&] {
              io::gguf::open(
                  folder.write("short.gguf", start(0, 1).counted("split.count").put(u16).put(std::uint16_t(2))));
          })->code() == errc::io);
    part(2, 2, "a");
    CHECK(test::error_of([&] { io::gguf::open(first); })->code() == errc::format);
}
