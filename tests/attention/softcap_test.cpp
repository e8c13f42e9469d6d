#include "tessera/attention/softcap.hpp"
#include "support/policies.hpp"
#include "tessera/attention/alibi.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/window.hpp"

using namespace tessera;
using namespace tessera::attention;

TEST_CASE("transforms and biases agree with their definition", "[attention][softcap][alibi]") {
    float slopes[12];
    alibi_slopes(slopes);
    expect_right(softcap{1.5f});
    expect_right(causal{} & alibi{slopes} & softcap{5.0f} & window{200});
}

TEST_CASE("slopes are those of the paper", "[attention][alibi]") {
    float eight[8], three[3];
    alibi_slopes(eight);
    alibi_slopes(three);
    for (int i = 0; i < 8; ++i) CHECK(eight[i] == std::ldexp(1.0f, -i - 1));
    CHECK(three[0] == std::ldexp(1.0f, -4));
    CHECK(three[1] == std::ldexp(1.0f, -8));
    CHECK(three[2] == std::ldexp(1.0f, -2));
}
