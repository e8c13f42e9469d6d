// A score policy against its definition, in every kernel, storage and tile shape.
#pragma once

#include "support/catch.hpp"
#include "tessera/testing/check_score_policy.hpp"

template <class P>
void expect_right(const P& policy) {
    const tessera::testing::policy_limits limits{.cases = 30};
    const auto report = tessera::testing::check_score_policy(policy, limits);
    CHECK(report.failure == "");
    CHECK(report.cases == limits.cases);
    CHECK(report.worst < limits.tolerance);
}
