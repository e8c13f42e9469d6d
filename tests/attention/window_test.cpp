#include "tessera/attention/window.hpp"
#include "support/policies.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/full.hpp"

using namespace tessera;
using namespace tessera::attention;

TEST_CASE("masks agree with their definition in every kernel and storage", "[attention][full][causal][window]") {
    expect_right(full{});
    expect_right(causal{});
    expect_right(window{40});
    expect_right(causal{} & window{100});
}
