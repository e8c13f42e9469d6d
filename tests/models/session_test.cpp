// Sessions and generation on the embedded model: what is promised of state, memory, errors and interruption.
#include <atomic>
#include <thread>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/cache/ring.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/embedding/table.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/models/adapter.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/testing/allocations.hpp"

using namespace tessera;

namespace {

const models::any& austen() {
    static const models::any model = examples::open_model(models::open_checkpoint("examples/models/austen"));
    return model;
}
io::json expected() { return io::read_json("examples/models/austen/expected.json"); }

std::vector<token_t> greedy_ids(auto& session, const std::vector<token_t>& prompt, index_t n) {
    std::vector<token_t> out;
    for (const token_t t : generate(session, prompt, {.max_tokens = n, .end_tokens = std::vector<token_t>{}}))
        out.push_back(t);
    return out;
}

}

TEST_CASE("The embedded model continues its prompts as the reference does", "[models][session]") {
    const io::json prompts = expected().at("prompts");
    for (const io::json& p : prompts.as_array()) {
        const auto ids = p.get<std::vector<token_t>>("ids");
        session story(austen(), cache::contiguous{}, exec::inline_execution);
        story.prefill(ids);
        for (const io::json& top : p.at("top5_at_last_position").as_array())
            CHECK(story.logits()[top.get<std::size_t>("id")] == Approx(top.get<double>("logit")).margin(2e-4));
        CHECK(greedy_ids(story, {}, 64) == p.get<std::vector<token_t>>("greedy_ids"));
    }
}

TEST_CASE("A plan gives the bytes that a session holds", "[models][session][memory]") {
    exec::thread_pool pool(2);
    const auto check = [&](auto spec, model::session_options options) {
        const auto plan = session<decltype(spec)>::plan(austen(), spec, pool, options);
        session story(austen(), spec, pool, options);
        CHECK(plan.total() - plan.weights == story.memory_bytes());
        story.prefill(std::vector<token_t>(100, 5));
        CHECK(plan.total() - plan.weights == story.memory_bytes());
    };
    check(cache::contiguous{.places = 200}, {});
    check(cache::contiguous{.places = 512, .type = quant::storage::f16}, {.rows = 7});
    check(cache::ring{.places = 300}, {.rows = 32});
}

TEST_CASE("After preparation a decode step allocates nothing", "[models][session][memory]") {
    exec::thread_pool pool(2);
    session story(austen(), cache::contiguous{}, pool);
    story.prefill(std::vector<token_t>{1034, 364, 259});
    for (token_t t = 0; t < 3; ++t) story.step(t);
    const auto before = testing::allocations();
    for (token_t t = 0; t < 100; ++t) story.step(t);
    CHECK(testing::allocations() == before);

    auto tokens = generate(story, {}, {.max_tokens = 60, .end_tokens = std::vector<token_t>{}},
                           models::default_sampler({.samples = true, .top_p = 0.9f}, 3));
    auto i = tokens.begin();
    for (int warm = 0; warm < 20; ++warm) ++i;
    const auto during = testing::allocations();
    for (; i != tokens.end(); ++i) {
    }
    CHECK(testing::allocations() == during);
}

TEST_CASE("A plan counts what kept adapters need, and steps with them allocate nothing", "[models][session][memory]") {
    const auto files = models::open_checkpoint(golden::model_path("qwen2_moe"));
    const models::kept_adapter experts[] = {{"experts", "tests/golden/adapters/qwen2_moe-experts"}};
    const auto plain = examples::open_model(files);
    const auto model = examples::open_model(models::with_kept_adapters(files, experts));
    CHECK(model->weight_bytes() > plain->weight_bytes());

    const cache::contiguous spec{.places = 32};
    session one(model, spec, exec::inline_execution, {.rows = 3, .adapter = "experts"});
    const auto plan = decltype(one)::plan(model, spec, exec::inline_execution, {.rows = 3});
    CHECK(plan.total() - plan.weights == one.memory_bytes());
    one.prefill(std::vector<token_t>{3, 17, 9, 4, 31, 7, 8});
    const auto before = testing::allocations();
    for (token_t t = 3; t < 9; ++t) one.step(t);
    CHECK(testing::allocations() == before);
}

TEST_CASE("Turns of a conversation share one cache", "[models][session]") {
    const std::vector<token_t> first{1034, 364, 259}, second{300, 301, 302, 303};
    session together(austen(), cache::contiguous{}, exec::inline_execution);
    together.prefill(first);
    together.accept(7);
    together.prefill(second);
    std::vector<token_t> all(first);
    all.push_back(7);
    all.insert(all.end(), second.begin(), second.end());
    CHECK(std::equal(all.begin(), all.end(), together.tokens().begin(), together.tokens().end()));
    session alone(austen(), cache::contiguous{}, exec::inline_execution);
    alone.prefill(all);
    CHECK(std::equal(alone.logits().begin(), alone.logits().end(), together.logits().begin(), together.logits().end()));

    all[5] = 17;  // the conversation went on otherwise from here
    const auto rest = together.resume(all);
    CHECK(rest.size() == all.size() - 5);
    together.prefill(rest);
    session other(austen(), cache::contiguous{}, exec::inline_execution);
    other.prefill(all);
    CHECK(std::equal(other.logits().begin(), other.logits().end(), together.logits().begin(), together.logits().end()));
    CHECK(together.resume(all).size() == 1);
}

TEST_CASE("A full context refuses by default and leaves the session as it was", "[models][session][errors]") {
    session story(austen(), cache::contiguous{.places = 20}, exec::inline_execution);
    CHECK(code_of([&] { story.prefill(std::vector<token_t>(21, 5)); }) == errc::capacity);
    CHECK(story.size() == 0);
    story.prefill(std::vector<token_t>(20, 5));
    const std::vector<float> before(story.logits().begin(), story.logits().end());
    CHECK(code_of([&] { story.step(5); }) == errc::capacity);
    CHECK(story.size() == 20);
    CHECK(std::equal(before.begin(), before.end(), story.logits().begin(), story.logits().end()));
    session fresh(austen(), cache::contiguous{.places = 20}, exec::inline_execution);
    std::vector<token_t> until_full;
    for (const token_t t : generate(fresh, std::vector<token_t>(5, 5), {.end_tokens = std::vector<token_t>{}}))
        until_full.push_back(t);
    CHECK(until_full.size() == 15);
}

TEST_CASE("A sliding session keeps its first tokens and the newer half of the others", "[models][session]") {
    session story(austen(), cache::contiguous{.places = 20}, exec::inline_execution,
                  {.when_full = model::overflow::slide, .sinks = 2});
    std::vector<token_t> ids(20);
    for (std::size_t i = 0; i < 20; ++i) ids[i] = token_t(100 + i);
    story.prefill(ids);
    story.step(200);
    std::vector<token_t> kept{100, 101};
    kept.insert(kept.end(), ids.end() - 9, ids.end());
    kept.push_back(200);
    CHECK(std::equal(kept.begin(), kept.end(), story.tokens().begin(), story.tokens().end()));
    session anew(austen(), cache::contiguous{.places = 20}, exec::inline_execution);
    anew.prefill(kept);
    CHECK(std::equal(anew.logits().begin(), anew.logits().end(), story.logits().begin(), story.logits().end()));
    CHECK(greedy_ids(story, {}, 50).size() == 50);
}

TEST_CASE("Rows given as embeddings are like the tokens that they embed", "[models][session]") {
    const models::checkpoint files = models::open_checkpoint("examples/models/austen");
    const index_t width = austen()->config().hidden, vocabulary = austen()->config().vocabulary;
    const embedding::table table(io::require(files.weights, "model.embed_tokens.weight", vocabulary, width));
    const std::vector<token_t> first{5, 9, 77}, picture{300, 4, 1000, 8, 15}, last{42, 6};
    tensor<float> rows({index_t(picture.size()), width});
    table.gather(picture, rows);
    for (const index_t at_once : {2, 256}) {
        session words(austen(), cache::contiguous{.places = 64}, exec::inline_execution, {.rows = at_once});
        session mixed(austen(), cache::contiguous{.places = 64}, exec::inline_execution, {.rows = at_once});
        const auto same = [&] { return std::ranges::equal(words.logits(), mixed.logits()); };
        for (const auto& part : {first, picture, last}) words.prefill(part);
        mixed.prefill(first);
        mixed.prefill_embedded(rows);
        mixed.prefill(last);
        CHECK(same());
        CHECK(mixed.tokens()[4] == model::embedded_row);
        words.truncate(5);
        mixed.truncate(5);
        words.prefill(picture);
        mixed.prefill_embedded(rows);
        CHECK(same());
    }
    session mixed(austen(), cache::contiguous{.places = 64}, exec::inline_execution);
    CHECK(code_of([&] { mixed.prefill_embedded(rows.view().columns({0, width - 1})); }) == errc::shape);
    CHECK(code_of([&] { mixed.prefill(std::vector<token_t>{model::embedded_row}); }) == errc::argument);
}

TEST_CASE("Bad tokens, empty prompts and bad options are refused", "[models][session][errors]") {
    session story(austen(), cache::contiguous{}, exec::inline_execution);
    CHECK(code_of([&] { story.prefill(std::vector<token_t>{1, 2048}); }) == errc::argument);
    CHECK(code_of([&] { story.prefill(std::vector<token_t>{-1}); }) == errc::argument);
    CHECK(story.size() == 0);
    CHECK(code_of([&] { generate(story, {}); }) == errc::argument);
    CHECK(code_of([&] { story.truncate(1); }) == errc::argument);
    CHECK(code_of([&] { session(austen(), cache::contiguous{}, exec::inline_execution, {.rows = 0}); }) ==
          errc::argument);
    CHECK(code_of([&] {
              session(austen(), cache::contiguous{.type = quant::storage::q4_0}, exec::inline_execution);
          }) == errc::unsupported);
}

TEST_CASE("Prefill and loading report progress and can be cancelled", "[models][session]") {
    session story(austen(), cache::contiguous{}, exec::inline_execution, {.rows = 16});
    story.prefill(std::vector<token_t>{1, 2, 3});
    std::vector<index_t> done;
    const std::vector<token_t> prompt(100, 9);
    story.fork().prefill(prompt, [&](index_t n, index_t total) { return done.push_back(n), total == 100; });
    CHECK(done == std::vector<index_t>{16, 32, 48, 64, 80, 96, 100});
    CHECK(code_of([&] { story.prefill(prompt, [](index_t n, index_t) { return n < 40; }); }) == errc::cancelled);
    CHECK(story.size() == 3);
    session fresh(austen(), cache::contiguous{}, exec::inline_execution);
    fresh.prefill(std::vector<token_t>{1, 2, 3});
    fresh.step(4);
    story.step(4);
    CHECK(std::equal(fresh.logits().begin(), fresh.logits().end(), story.logits().begin(), story.logits().end()));

    index_t layers = 0;
    const auto files = models::open_checkpoint("examples/models/austen");
    CHECK(code_of([&] {
              examples::open_model(files, {.progress = [&](index_t n, index_t) { return layers = n, n < 3; }});
          }) == errc::cancelled);
    CHECK(layers == 3);
}

TEST_CASE("Generation repeats by seed, stops at end tokens and within its budget", "[models][generate]") {
    const std::vector<token_t> prompt{1034, 364, 259};
    const auto drawn = [&](std::uint64_t seed) {
        session story(austen(), cache::contiguous{}, exec::inline_execution);
        std::vector<token_t> out;
        for (const token_t t : generate(story, prompt, {.max_tokens = 30, .end_tokens = std::vector<token_t>{}},
                                        models::default_sampler({.samples = true, .temperature = 0.8f}, seed)))
            out.push_back(t);
        return out;
    };
    CHECK(drawn(1) == drawn(1));
    CHECK(drawn(1) != drawn(2));

    session story(austen(), cache::contiguous{}, exec::inline_execution);
    const auto plain = greedy_ids(story, prompt, 10);
    session again(austen(), cache::contiguous{}, exec::inline_execution);
    std::vector<token_t> until;
    auto tokens = generate(again, prompt,
                           {.max_tokens = 10, .end_tokens = std::vector<token_t>{plain[4]}, .log_probabilities = true});
    for (const decode::generated& g : tokens) {
        until.push_back(g);
        CHECK(g.log_probability <= 0.0f);
    }
    CHECK(tokens.ended());
    const auto first_end = std::find(plain.begin(), plain.end(), plain[4]);
    CHECK(until == std::vector<token_t>(plain.begin(), first_end));
    session none(austen(), cache::contiguous{}, exec::inline_execution);
    CHECK(greedy_ids(none, prompt, 0).empty());
}

TEST_CASE("An observer sees hidden states and timings of every layer", "[models][observer]") {
    struct : model::observer {
        std::vector<index_t> layers;
        double seconds = 0;
        index_t parts = 0;
        void hidden(index_t layer, view<const float> x) override {
            layers.push_back(layer);
            CHECK(x.extent(0) == 3);
            CHECK(x.extent(1) == 256);
        }
        void elapsed(std::string_view, index_t, double s) override { seconds += s, ++parts; }
    } watch;
    session story(austen(), cache::contiguous{}, exec::inline_execution, {.watch = &watch});
    story.prefill(std::vector<token_t>{1, 2, 3});
    CHECK(watch.layers == std::vector<index_t>{-1, 0, 1, 2, 3, 4, 5});
    CHECK(watch.parts == 13);
    CHECK(watch.seconds > 0);
}

TEST_CASE("An observer gets attention maps whose heads each sum to one, and changes nothing", "[models][observer]") {
    struct : model::observer {
        index_t maps = 0;
        bool wants_attention(index_t layer) const override { return layer != 2; }
        void attention(index_t layer, index_t sequence, view<const float> mass) override {
            ++maps;
            CHECK(layer != 2);
            CHECK(sequence == 0);
            REQUIRE(mass.extents() == std::array<index_t, 2>{4, 6});
            for (index_t h = 0; h < 4; ++h) {
                float sum = 0;
                for (index_t p = 0; p < 6; ++p) sum += mass(h, p);
                CHECK(sum == Approx(rows));
            }
        }
        float rows = 0;
    } watch;
    const std::vector<token_t> ids{1034, 364, 259, 5, 6, 7};
    for (const index_t rows : {6, 1}) {
        const std::span<const token_t> all(ids);
        session plain(austen(), cache::contiguous{}, exec::inline_execution);
        plain.prefill(ids);
        session story(austen(), cache::contiguous{}, exec::inline_execution, {});
        story.prefill(all.first(std::size_t(6 - rows)));
        watch.rows = float(rows);
        story.observe(&watch);
        story.prefill(all.last(std::size_t(rows)));
        CHECK(std::equal(plain.logits().begin(), plain.logits().end(), story.logits().begin(), story.logits().end()));
    }
    CHECK(watch.maps == 10);
}

TEST_CASE("Many sessions run on one model from several threads", "[models][session][threads]") {
    const auto prompts = expected().at("prompts").as_array();
    std::atomic<int> right = 0;
    exec::thread_pool pool(2);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            const io::json& p = prompts[std::size_t(t) % prompts.size()];
            session story(austen(), cache::contiguous{}, pool);
            const auto wanted = p.get<std::vector<token_t>>("greedy_ids");
            std::vector<token_t> found;
            for (const token_t id : generate(story, p.get<std::vector<token_t>>("ids"),
                                             {.max_tokens = 24, .end_tokens = std::vector<token_t>{}}))
                found.push_back(id);
            if (std::equal(found.begin(), found.end(), wanted.begin())) ++right;
        });
    for (std::thread& t : threads) t.join();
    CHECK(right == 4);
}
