// Sums of blocks of rows against sums in double precision.
#include <vector>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/ops/block_sums.hpp"

using namespace tessera;

namespace {

// Of numbers whose sums are exact in float, so that the order of adding does not show.
void check(index_t rows, index_t block, index_t width) {
    INFO(rows << " rows in blocks of " << block);
    tensor<float> x({rows, width}), sums({rows / block, width});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = float(random_bits(3, std::uint64_t(i)) % 64) - 32.0f;
    exec::thread_pool two(2);
    ops::sum_blocks(x, block, sums, two);
    std::vector<double> wanted(static_cast<std::size_t>(rows / block * width));
    for (index_t r = 0; r < rows && rows >= block; ++r)
        for (index_t c = 0; c < width; ++c)
            wanted[std::size_t(std::min(r / block, rows / block - 1) * width + c)] += double(x(r, c));
    CHECK(std::equal(sums.flat().begin(), sums.flat().end(), wanted.begin(), wanted.end()));
}

}

TEST_CASE("rows are summed block by block, those behind the last whole block with it", "[ops][block_sums]") {
    for (const index_t rows : {1, 3, 4, 5, 8, 11, 90})
        for (const index_t block : {1, 4, 16}) check(rows, block, rows == 90 ? 1100 : 19);
}
