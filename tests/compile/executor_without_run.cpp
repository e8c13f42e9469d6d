// expect: the required expression .e\.run\(n, n, f\). is invalid|would be invalid: no member named .run.
#include "tessera/exec/executor.hpp"

struct counts_but_does_not_run {
    tessera::index_t concurrency() const { return 2; }
};

int main() {
    counts_but_does_not_run mine;
    tessera::exec::executor_ref ref(mine);
    return int(ref.concurrency());
}
