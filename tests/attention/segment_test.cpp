#include "tessera/attention/segment.hpp"
#include "support/policies.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/window.hpp"

using namespace tessera;
using namespace tessera::attention;

TEST_CASE("segments agree with their definition", "[attention][segment]") {
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; ids.size() < 1100; ++id) ids.insert(ids.end(), std::size_t(1 + id * 7 % 90), id);
    expect_right(segment{ids});
    expect_right(causal{} & (segment{ids} | window{3}));
}
