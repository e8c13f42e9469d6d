#include "tessera/attention/attend.hpp"

#include <cstring>
#include <vector>

#include "support/catch.hpp"
#include "tessera/attention/causal.hpp"
#include "tessera/attention/reference.hpp"
#include "tessera/attention/window.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/cache/ring.hpp"
#include "tessera/core/random.hpp"
#include "tessera/exec/thread_pool.hpp"

namespace {

using namespace tessera;

using policy = attention::both<attention::causal, attention::window>;
const policy local{{}, {90}};
const attention::heads heads{.query = 6, .key = 2, .key_dim = 20, .value_dim = 12, .scale = 0.2f};
const std::vector<cache::layer> layers = {{.heads = 2, .key_dim = 20, .value_dim = 12, .window = 90}};

tensor<float> drawn(index_t rows, index_t columns, std::uint64_t seed) {
    tensor<float> t({rows, columns});
    for (index_t i = 0; i < t.size(); ++i) t.data()[i] = 4 * random_uniform(seed, std::uint64_t(i)) - 2;
    return t;
}

// Rows of one sequence.
struct sequence {
    explicit sequence(index_t rows, std::uint64_t seed = 1)
        : q(drawn(rows, 120, seed)), k(drawn(rows, 40, seed + 1)), v(drawn(rows, 24, seed + 2)) {
        for (index_t i = 0; i < rows; ++i) positions.push_back(std::int32_t(i));
    }
    index_t rows() const { return index_t(positions.size()); }

    tensor<float> q, k, v;
    std::vector<std::int32_t> positions;
};

// Room for the largest pass over a context of so many places.
template <class T>
workspace planned(index_t rows, index_t places, exec::executor_ref executor) {
    workspace w = workspace::measuring();
    const key_blocks<T> all{.base = nullptr, .table = {}, .layout = {2, 20, 12, sizeof(T)}, .places = {0, places}};
    const std::vector<index_t> offsets{0, rows};
    const std::vector<std::int32_t> positions(std::size_t(rows), 0);
    attention::attend<policy, T>({nullptr, {rows, 120}}, {nullptr, {rows, 72}}, positions, {offsets}, {&all, 1}, heads,
                                 local, w, executor);
    return workspace(w.high_water());
}

template <class T>
tensor<float> through(cache::any held, const sequence& s, index_t chunk, exec::executor_ref executor) {
    tensor<float> out({s.rows(), 72});
    workspace scratch = planned<T>(std::min(chunk, s.rows()), s.rows(), executor);
    for (index_t begin = 0; begin < s.rows(); begin += chunk) {
        const range rows{begin, std::min(s.rows(), begin + chunk)};
        const auto positions = std::span(s.positions).subspan(std::size_t(begin), std::size_t(rows.size()));
        const range places = held.ref().append(0, positions);
        const key_blocks<T> keys = held.ref().view<T>(0);
        attention::write(keys, places, s.k.view().slice(rows), s.v.view().slice(rows), executor);
        const std::vector<index_t> offsets{0, rows.size()};
        attention::attend<policy, T>(s.q.view().slice(rows), out.view().slice(rows), positions, {offsets}, {&keys, 1},
                                     heads, local, scratch, executor);
        held.ref().commit();
    }
    return out;
}

bool same_bits(const tensor<float>& a, const tensor<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), std::size_t(a.bytes())) == 0;
}

template <class T>
constexpr auto type_of = sizeof(T) == 4 ? quant::storage::f32 : quant::storage::f16;

}

TEMPLATE_TEST_CASE("chunks, rings and workers do not change a bit", "[attention][attend]", float, f16) {
    using T = TestType;
    const sequence s(700);
    const cache::contiguous contiguous{.places = 700, .type = type_of<T>};
    exec::inline_executor one;
    const tensor<float> whole = through<T>(contiguous.make(layers), s, 700, one);
    for (index_t chunk : {1, 3, 64, 100, 257}) {
        CHECK(same_bits(whole, through<T>(contiguous.make(layers), s, chunk, one)));
        const cache::ring ring{.places = 700, .chunk = chunk, .type = type_of<T>};
        CHECK(same_bits(whole, through<T>(ring.make(layers), s, chunk, one)));
        for (index_t workers : {2, 3}) {
            exec::thread_pool pool(workers);
            CHECK(same_bits(whole, through<T>(ring.make(layers), s, chunk, pool)));
        }
    }
}

TEST_CASE("a packed batch gives each sequence what it gets alone", "[attention][attend][encoder]") {
    exec::thread_pool pool(2);
    const std::vector<sequence> all{sequence(130, 10), sequence(1, 20), sequence(70, 30)};
    std::vector<index_t> offsets{0};
    for (const sequence& s : all) offsets.push_back(offsets.back() + s.rows());
    sequence packed(offsets.back());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto put = [&](const tensor<float>& from, tensor<float>& to) {
            std::copy_n(from.data(), from.size(), &to(offsets[i], 0));
        };
        put(all[i].q, packed.q), put(all[i].k, packed.k), put(all[i].v, packed.v);
        std::copy(all[i].positions.begin(), all[i].positions.end(), packed.positions.begin() + offsets[i]);
    }

    tensor<float> out({packed.rows(), 72});
    std::vector<key_blocks<float>> keys(3);
    const auto encode = [&](workspace& scratch) {
        attention::write_scratch(packed.k.view(), packed.v.view(), packed.positions, {offsets}, heads, keys, scratch,
                                 pool);
        attention::attend<policy, float>(packed.q.view(), out.view(), packed.positions, {offsets}, keys, heads, local,
                                         scratch, pool);
    };
    workspace measuring = workspace::measuring();
    encode(measuring);
    workspace scratch(measuring.high_water());
    encode(scratch);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto alone = through<float>(cache::contiguous{.places = 200}.make(layers), all[i], 16, pool);
        CHECK(std::memcmp(alone.data(), &out(offsets[i], 0), std::size_t(alone.bytes())) == 0);
    }
}

TEST_CASE("the mass of a key is the sum of its weights", "[attention][mass]") {
    const sequence s(300);
    cache::any held = cache::contiguous{.places = 300}.make(layers);
    held.ref().append(0, s.positions);
    const key_blocks<float> keys = held.ref().view<float>(0);
    exec::thread_pool pool(2);
    attention::write(keys, {0, 300}, s.k.view(), s.v.view(), pool);
    tensor<float> out({300, 72}), by_head({6, 300}), summed({1, 300});
    const std::vector<index_t> offsets{0, 300};
    workspace scratch(1 << 20);
    for (tensor<float>* mass : {&by_head, &summed}) {
        const view<float> to = mass->view();
        attention::attend<policy, float>(s.q.view(), out.view(), s.positions, {offsets}, {&keys, 1}, heads, local,
                                         scratch, pool, {&to, 1});
    }
    const attention::operands<float> at{s.q.view(), out.view(), s.positions, {offsets}, {&keys, 1}, heads};
    tensor<double> want({6, 300});
    for (index_t row = 0; row < 300; ++row)
        for (index_t h = 0; h < 6; ++h) {
            const auto weights = attention::reference_weights(at, local, 0, row, h);
            for (index_t j = 0; j < 300; ++j) want(h, j) += weights[std::size_t(j)];
        }
    double worst = 0, total = 0;
    for (index_t j = 0; j < 300; ++j) {
        double sum = 0;
        for (index_t h = 0; h < 6; ++h) {
            worst = std::max(worst, std::abs(want(h, j) - double(by_head(h, j))));
            sum += want(h, j);
        }
        worst = std::max(worst, std::abs(sum - double(summed(0, j))));
        total += double(summed(0, j));
    }
    CHECK(worst < 1e-4);
    CHECK(total == Approx(6 * 300));
}

TEST_CASE("a row that sees no key gets zeros", "[attention][attend]") {
    struct nothing {
        bool live(const attention::query&, const attention::key&) const { return false; }
    };
    const sequence s(60);
    cache::any held = cache::contiguous{.places = 60}.make(layers);
    held.ref().append(0, s.positions);
    const key_blocks<float> keys = held.ref().view<float>(0);
    exec::inline_executor one;
    attention::write(keys, {0, 60}, s.k.view(), s.v.view(), one);
    tensor<float> out = drawn(60, 72, 5);
    const std::vector<index_t> offsets{0, 60};
    workspace scratch(1 << 20);
    attention::attend<nothing, float>(s.q.view(), out.view(), s.positions, {offsets}, {&keys, 1}, heads, {}, scratch,
                                      one);
    for (float x : out.flat()) REQUIRE(x == 0.0f);
}
