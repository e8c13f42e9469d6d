#include "tessera/testing/check_score_policy.hpp"
#include "support/catch.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/window.hpp"

namespace {

using namespace tessera;
using namespace tessera::attention;

// Windows that are wrong in one place each.
struct hides_one : window {
    constexpr cover covers(range rows, range cols) const { return window{size - 1}.covers(rows, cols); }
};
struct claims_too_much : window {
    constexpr cover covers(range rows, range cols) const { return window{size + 1}.covers(rows, cols); }
};
struct skips_one : window {
    constexpr index_t next(range rows, index_t from) const { return window{size - 1}.next(rows, from); }
};
// Its vector form is another policy.
struct two_faced {
    bool live(const query& q, const key& k) const { return k.position <= q.position; }
    auto live(const query& q, const key_vector& k) const { return k.position < q.position; }
};
// The masked pairs of a causal policy get a bias that no kernel may let through.
struct scalar_only {
    float bias(const query& q, const key& k) const { return k.position > q.position ? 1e30f : float(k.position % 3); }
    bool live(const query& q, const key& k) const { return k.position <= q.position; }
};

testing::policy_report check(const auto& policy) { return testing::check_score_policy(policy, {.cases = 20}); }

}

TEST_CASE("a policy that hides a live pair is found out", "[attention][check_score_policy]") {
    CHECK(check(hides_one{{50}}).failure.find("covers(") == 0);
    CHECK(check(claims_too_much{{50}}).failure.find("covers(") == 0);
    CHECK(check(skips_one{{50}}).failure.find("next(") == 0);
}

TEST_CASE("a vector form that is not the scalar one is found out", "[attention][check_score_policy]") {
    CHECK(check(two_faced{}).failure.find("live of query") == 0);
}

TEST_CASE("kernels alone find the wrong windows, without asking for the claims", "[attention][check_score_policy]") {
    const auto fails = [](const auto& policy) {
        testing::policy_check::dice d(7);
        double worst = 0;
        for (int i = 0; i < 40; ++i)
            if (!testing::policy_check::run_case<float>(policy, {}, d, worst).empty()) return true;
        return false;
    };
    CHECK(fails(hides_one{{50}}));
    CHECK(fails(claims_too_much{{50}}));
    CHECK(!fails(window{50}));
}

TEST_CASE("a policy written for scalars only runs lane by lane", "[attention][check_score_policy]") {
    CHECK(check(scalar_only{}).failure == "");
}
