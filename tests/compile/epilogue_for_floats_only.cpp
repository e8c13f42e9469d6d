// expect: e\(v, i, i\).* is invalid|e\(v, i, i\).* would be invalid
#include "tessera/gemm/epilogue.hpp"

// An epilogue must also take a vector of values.
struct halve {
    float operator()(float x, tessera::index_t, tessera::index_t) const { return x * 0.5f; }
};

int main() {
    const halve mine;
    const tessera::gemm::epilogue_ref ref(mine);
    (void)ref;
}
