#include "tessera/attention/window.hpp"
#include "support/catch.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/full.hpp"
#include "tessera/testing/check_score_policy.hpp"

namespace {

using namespace tessera;
using namespace tessera::attention;

template <class P>
void expect_right(const P& policy) {
    const testing::policy_limits limits{.cases = 30};
    const auto report = testing::check_score_policy(policy, limits);
    CHECK(report.failure == "");
    CHECK(report.cases == limits.cases);
    CHECK(report.worst < limits.tolerance);
}

}

TEST_CASE("masks agree with their definition in every kernel and storage", "[attention][full][causal][window]") {
    expect_right(full{});
    expect_right(causal{});
    expect_right(window{40});
    expect_right(causal{} & window{100});
}
