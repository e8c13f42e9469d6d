// expect: no match for .operator\|.|invalid operands to binary expression
#include "tessera/gemm/epilogue.hpp"

int main() {
    const float b[] = {1.0f};
    const auto both = tessera::gemm::bias{b} | 2.0f;
    (void)both;
}
