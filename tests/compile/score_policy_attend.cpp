// expect: (requires  score_policy|does not satisfy .score_policy)
// A policy needs at least one edit.
#include "tessera/attention/attend.hpp"

struct empty {};

void run(const tessera::attention::operands<float>& at, tessera::workspace& scratch, tessera::exec::executor_ref executor) {
    tessera::attention::flash(at, empty{}, scratch, executor);
}
