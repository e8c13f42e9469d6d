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

TEST_CASE("the ALiBi of a model owns its slopes and rounds as Falcon does", "[attention][alibi]") {
    const auto slopes = std::make_shared<const std::vector<float>>(std::vector<float>{0.75f, 0.35f, 1.0f});
    const model_alibi plain{slopes}, rounded{slopes, 0.5f};
    expect_right(causal{} & model_alibi{std::make_shared<const std::vector<float>>(12, 0.3f), 0.5f});
    const query q{.position = 600, .place = 0, .head = 2, .sequence = 0};
    CHECK(plain.bias(q, key{333, 0}) == -267.0f);
    CHECK(rounded.bias(q, key{333, 0}) == 0.5f * (332.0f - 600.0f));  // a tie, to even
    CHECK(rounded.bias(q, key{335, 0}) == 0.5f * (336.0f - 600.0f));
}

TEST_CASE("slopes are those of the paper", "[attention][alibi]") {
    float eight[8], three[3];
    alibi_slopes(eight);
    alibi_slopes(three);
    for (int i = 0; i < 8; ++i) CHECK(eight[i] == std::ldexp(1.0f, -i - 1));
    CHECK(three[0] == std::ldexp(1.0f, -4));
    CHECK(three[1] == std::ldexp(1.0f, -8));
    CHECK(three[2] == std::ldexp(1.0f, -2));
    alibi_slopes(three, 16.0);
    CHECK(three[0] == std::ldexp(1.0f, -8));
    CHECK(three[2] == std::ldexp(1.0f, -4));
}
