#include "tessera/attention/sink.hpp"
#include <array>
#include <cmath>
#include "support/policies.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/softcap.hpp"
#include "tessera/attention/window.hpp"

using namespace tessera;
using namespace tessera::attention;

namespace {

// For twelve heads: below every score, among them, above them, and one that is not there.
sinks some_sinks() {
    tensor<float, 1> scores({12});
    for (index_t h = 0; h < 12; ++h) scores.data()[h] = 3.0f * float(h % 5) - 6.0f;
    scores.data()[3] = -INFINITY;
    scores.data()[7] = 90.0f;
    return sinks(std::move(scores));
}

struct nothing {
    bool live(const query&, const key&) const { return false; }
};

template <class P>
void attend_one_row(const P& policy, tensor<float>& out, std::span<const view<float>> mass) {
    const heads h{.query = 2, .key = 1, .key_dim = 4, .value_dim = 4, .scale = 1.0f};
    const key_block_layout layout{1, 4, 4, sizeof(float)};
    tensor<std::byte, 1> memory({layout.bytes()});
    const std::int32_t table[] = {0};
    key_blocks<float> keys{
        .base = memory.data(), .stride = layout.bytes(), .table = table, .layout = layout, .places = {0, 1}};
    keys.consecutive = true;
    keys.position(0) = 0;
    tensor<float> ones({1, 4}), q({1, 8});
    std::fill_n(ones.data(), 4, 1.0f);
    std::fill_n(q.data(), 8, 0.5f);
    write_rows(keys, 0, std::as_const(ones).view(), std::as_const(ones).view());
    const std::array<std::int32_t, 1> positions{0};
    const std::array<index_t, 2> offsets{0, 1};
    const exec::inline_executor one;
    workspace scratch(1 << 20);
    attend<P, float>(std::as_const(q).view(), out.view(), positions, {offsets}, {&keys, 1}, h, policy, scratch, one,
                     mass);
}

}

TEST_CASE("sinks agree with their definition", "[attention][sink]") {
    expect_right(some_sinks());
    expect_right(causal{} & window{200} & some_sinks());
    expect_right(some_sinks() & softcap{5.0f} & causal{});
}

TEST_CASE("a sink takes its share of the softmax and gives nothing for it", "[attention][sink]") {
    tensor<float, 1> scores({2});
    scores.data()[0] = 2.0f;  // as much as the key
    scores.data()[1] = -INFINITY;
    tensor<float> out({1, 8}), mass({2, 1});
    const view<float> to = mass.view();
    attend_one_row(causal{} & sinks(std::move(scores)), out, {&to, 1});
    CHECK(out(0, 0) == Approx(0.5f));
    CHECK(out(0, 4) == 1.0f);
    CHECK(mass(0, 0) == Approx(0.5f));
    CHECK(mass(1, 0) == Approx(1.0f));
}

TEST_CASE("a row that sees a sink only gets zeros", "[attention][sink]") {
    tensor<float> out({1, 8});
    std::fill_n(out.data(), 8, 7.0f);
    attend_one_row(nothing{} & some_sinks(), out, {});
    for (const float x : out.flat()) CHECK(x == 0.0f);
}
