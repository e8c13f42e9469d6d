// expect: (mask_policy|invalid operands to binary expression)
// Only masks can be united: it would not be clear which of two scores a key keeps.
#include "tessera/attention/causal.hpp"
#include "tessera/attention/softcap.hpp"

auto policy = tessera::attention::causal{} | tessera::attention::softcap{30.0f};
