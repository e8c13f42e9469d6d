// A user's program: it must build and run whichever way the library was taken in.
#include <cstdio>

#include "tessera/core/tensor.hpp"
#include "tessera/gemm/epilogue.hpp"

int main() {
    const tessera::tensor<float, 1> b({tessera::simd::lanes});
    const auto y = (tessera::gemm::bias{b.data()} | tessera::gemm::scale{2.0f})(tessera::simd::floats(1.0f), 0, 0);
    float first[tessera::simd::lanes];
    tessera::simd::store(y, first);
    std::printf("%g\n", double(first[0]));
    return first[0] == 2.0f ? 0 : 1;
}
