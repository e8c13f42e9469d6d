#include "tessera/embedding/table.hpp"

#include <cstring>
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

namespace {

template <class T>
std::vector<T> random_table(index_t rows, index_t columns) {
    std::vector<T> t;
    for (index_t i = 0; i < rows * columns; ++i) t.push_back(T(random_uniform(3, std::uint64_t(i)) - 0.5f));
    return t;
}

template <class T>
quant::stored_tensor stored(const std::vector<T>& data, quant::storage format, index_t rows, index_t columns) {
    quant::stored_tensor t;
    t.format = format;
    t.rank = 2;
    t.extents[0] = rows;
    t.extents[1] = columns;
    t.bytes = std::as_bytes(std::span(data));
    return t;
}

template <class T>
void check_gather(quant::storage format) {
    const index_t rows = 11, columns = 37;
    const std::vector<T> data = random_table<T>(rows, columns);
    const embedding::table table(stored(data, format, rows, columns));
    CHECK(table.vocabulary() == rows);
    CHECK(table.width() == columns);
    CHECK(table.bytes() == rows * columns * index_t(sizeof(T)));
    const token_t ids[] = {10, 0, 3, 3};
    tensor<float> x({4, columns + 3});
    table.gather(ids, x.view().columns({0, columns}), 2.5f);
    for (index_t r = 0; r < 4; ++r) {
        for (index_t c = 0; c < columns; ++c) CHECK(x(r, c) == float(data[std::size_t(ids[r] * columns + c)]) * 2.5f);
        CHECK(x(r, columns) == 0.0f);
    }
    tensor<float> narrow({1, 5});
    table.gather(std::span(ids).first(1), narrow);
    for (index_t c = 0; c < 5; ++c) CHECK(narrow(0, c) == float(data[std::size_t(10 * columns + c)]));
}

}

TEST_CASE("rows of plain tables are gathered, scaled, and cut to a narrower width", "[embedding][table]") {
    check_gather<float>(quant::storage::f32);
    check_gather<f16>(quant::storage::f16);
    check_gather<bf16>(quant::storage::bf16);
}

TEST_CASE("rows of a quantised table are decoded", "[embedding][table]") {
    // q8_0: a half-precision scale, then 32 signed bytes
    std::vector<std::byte> data(2 * 2 * 34);
    for (std::size_t block = 0; block < 4; ++block) {
        const f16 scale(0.5f * float(block + 1));
        std::memcpy(data.data() + block * 34, &scale, 2);
        for (std::size_t i = 0; i < 32; ++i) data[block * 34 + 2 + i] = std::byte(std::uint8_t(int(i) - 16));
    }
    const embedding::table table(stored(data, quant::storage::q8_0, 2, 64));
    tensor<float> x({1, 64});
    const token_t id = 1;
    table.gather({&id, 1}, x);
    for (index_t c = 0; c < 64; ++c) CHECK(x(0, c) == (c < 32 ? 1.5f : 2.0f) * float(c % 32 - 16));
}

TEST_CASE("a token outside the vocabulary is refused before anything is written", "[embedding][table]") {
    const std::vector<float> data = random_table<float>(4, 2);
    const embedding::table table(stored(data, quant::storage::f32, 4, 2));
    tensor<float> x({2, 2});
    const token_t beyond[] = {1, 4}, below[] = {-1, 0};
    CHECK_THROWS_WITH(table.gather(beyond, x), "token: the token is not in the vocabulary: expected 0 to 3, found 4");
    CHECK_THROWS_WITH(table.gather(below, x), "token: the token is not in the vocabulary: expected 0 to 3, found -1");
    for (float v : x.flat()) CHECK(v == 0.0f);
    quant::stored_tensor flat = stored(data, quant::storage::f32, 4, 2);
    flat.rank = 1;
    CHECK_THROWS_AS(embedding::table(flat), error);
}
