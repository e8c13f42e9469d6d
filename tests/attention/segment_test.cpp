#include "tessera/attention/segment.hpp"
#include "support/catch.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/window.hpp"
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

TEST_CASE("segments agree with their definition", "[attention][segment]") {
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; ids.size() < 1100; ++id) ids.insert(ids.end(), std::size_t(1 + id * 7 % 90), id);
    expect_right(segment{ids});
    expect_right(causal{} & (segment{ids} | window{3}));
}
