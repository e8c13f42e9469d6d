// Low-rank adapters merged into checkpoints and kept apart from them, against PEFT's own logits, and bit for bit
// against sequences that are alone.
#include "tessera/models/adapter.hpp"

#include <cstring>
#include <map>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/decode/branches.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;
namespace fs = std::filesystem;

namespace {

const fs::path adapters = "tests/golden/adapters";

std::string base_of(const fs::path& adapter) {
    return io::read_json((adapter / "adapter_config.json").string()).get<std::string>("base_model_name_or_path");
}

std::vector<float> logits_of(const model::language_model& model, const std::vector<token_t>& ids,
                             const std::string& adapter = {}, exec::executor_ref run = exec::inline_execution,
                             index_t rows = 64) {
    const index_t n = index_t(ids.size()), vocabulary = model.config().vocabulary;
    std::vector<float> logits(std::size_t(n * vocabulary));
    session(model, cache::contiguous{.places = n}, run, {.rows = rows, .adapter = adapter})
        .run(ids, {{logits.data(), {n, vocabulary}}, {}});
    return logits;
}
std::vector<float> logits_of(const models::checkpoint& files, const std::vector<token_t>& ids) {
    return logits_of(examples::open_model(files), ids);
}

models::checkpoint base(const std::string& name) { return models::open_checkpoint(golden::model_path(name)); }

// Those that change linear maps alone, each by its folder's name, of every base.
std::map<std::string, std::vector<models::kept_adapter>> keepable() {
    std::map<std::string, std::vector<models::kept_adapter>> all;
    for (const auto& entry : fs::directory_iterator(adapters)) {
        const std::string name = entry.path().filename().string();
        const auto file = io::safetensors::open((entry.path() / "adapter_model.safetensors").string());
        const bool linear = std::ranges::all_of(file.names(), [](const std::string& tensor) {
            return tensor.find(".lora_") != std::string::npos && tensor.find("embedding") == std::string::npos;
        });
        if (linear) all[base_of(entry.path())].push_back({name, entry.path()});
    }
    return all;
}
models::any model_with(const std::string& name, const std::vector<models::kept_adapter>& kept) {
    return examples::open_model(models::with_kept_adapters(base(name), kept));
}

// Activations that meet weights in blocks are rounded to 8 bits.
bool in_blocks(const std::string& name) { return name.find("q8_0") != std::string::npos; }

std::vector<token_t> greedy_ids(const model::language_model& model, const std::vector<token_t>& ids,
                                const std::string& adapter) {
    session one(model, cache::contiguous{.places = 64}, exec::inline_execution, {.adapter = adapter});
    std::vector<token_t> follow;
    for (const token_t t : generate(one, ids, {.max_tokens = 8, .end_tokens = std::vector<token_t>{}}))
        follow.push_back(t);
    return follow;
}

}

TEST_CASE("A merged adapter gives the logits that PEFT gives", "[models][adapter]") {
    index_t cases = 0;
    for (const auto& entry : fs::directory_iterator(adapters)) {
        INFO(entry.path().filename().string());
        const auto expected = io::safetensors::open((entry.path() / "expected.safetensors").string());
        const auto ids = golden::ids(expected, "input_ids");
        const auto wanted = golden::floats(expected, "logits");
        const std::string name = base_of(entry.path());
        // A base in 16 bits is merged in 16 bits.
        const double tolerance = name.find("f16") != std::string::npos ? 2e-2 : in_blocks(name) ? 8e-2 : 1e-5;
        CHECK(golden::relative_error(logits_of(base(name), ids), wanted) > 5e-2);
        CHECK(golden::relative_error(logits_of(models::with_adapter(base(name), entry.path()), ids), wanted) <
              tolerance);
        ++cases;
    }
    CHECK(cases >= 14);
}

TEST_CASE("An adapter that does not fit is refused", "[models][adapter][errors]") {
    CHECK(code_of([] { models::with_adapter(base("llama"), "no/such/adapter"); }) == errc::io);
    CHECK(code_of([] { models::with_adapter(base("gpt2"), adapters / "llama-lora"); }) == errc::missing);
    CHECK(code_of([] { models::with_adapter(base("llama-head-dim"), adapters / "llama-lora"); }) == errc::shape);
    CHECK(code_of([] {
              models::read_adapter_options(io::json(io::json::object{{"peft_type", "IA3"}}));
          }) == errc::unsupported);
}

TEST_CASE("An adapter kept apart gives the logits that PEFT gives, and the same tokens", "[models][adapter]") {
    index_t cases = 0;
    for (const auto& [name, kept] : keepable()) {
        const auto model = model_with(name, kept);
        for (const models::kept_adapter& one : kept) {
            INFO(one.name);
            const auto expected = io::safetensors::open((one.directory / "expected.safetensors").string());
            const auto ids = golden::ids(expected, "input_ids");
            const auto found = logits_of(model, ids, one.name);
            CHECK(golden::relative_error(found, golden::floats(expected, "logits")) < (in_blocks(name) ? 8e-2 : 1e-5));
            CHECK(greedy_ids(model, ids, one.name) == golden::ids(expected, "greedy_ids"));
            CHECK(golden::relative_error(
                      found, logits_of(examples::open_model(models::with_adapter(base(name), one.directory)), ids)) <
                  (name.find("f16") != std::string::npos ? 2e-2
                   : in_blocks(name)                     ? 8e-2
                                                         : 1e-5));
            ++cases;
        }
    }
    CHECK(cases >= 9);
}

TEST_CASE("A model that keeps adapters gives the bits that it gives without them to those who use none",
          "[models][adapter][equality]") {
    for (const auto& [name, kept] : keepable()) {
        INFO(name);
        const std::vector<token_t> ids{3, 17, 9, 4, 31, 22, 5};
        CHECK(logits_of(model_with(name, kept), ids) == logits_of(base(name), ids));
    }
}

TEST_CASE("Sequences with different adapters in one batch have the bits that each has alone",
          "[models][adapter][equality]") {
    exec::thread_pool pool(3);
    for (const auto& [name, kept] : keepable()) {
        INFO(name);
        const auto model = model_with(name, kept);
        const index_t vocabulary = model->config().vocabulary, last = index_t(kept.size()) - 1;
        const std::vector<token_t> said[] = {{3, 17, 9, 4}, {31, 22, 5, 8, 13, 7, 40}, {12, 6}, {11, 3, 40, 7, 5}, {9}};
        const index_t used[] = {0, no_adapter, last, 0, last};
        std::vector<token_t> tokens;
        std::vector<std::int32_t> positions;
        std::vector<index_t> offsets{0}, wanted;
        std::vector<cache::any> caches;
        std::vector<cache::ref> refs;
        for (const auto& ids : said) {
            for (std::size_t i = 0; i < ids.size(); ++i) positions.push_back(std::int32_t(i));
            tokens.insert(tokens.end(), ids.begin(), ids.end());
            offsets.push_back(index_t(tokens.size()));
            caches.push_back(cache::contiguous{.places = 8}.make(model->cache_layout()));
        }
        for (cache::any& c : caches) refs.push_back(c.ref());
        for (index_t i = 1; i < offsets.back(); ++i)
            if (i != 5) wanted.push_back(i);  // not all of them: the head has other rows than the layers
        tensor<float> out({index_t(wanted.size()), vocabulary});
        const model::batch b{tokens, positions, {offsets}, refs, wanted, {}, {}, used};
        const auto forward = [&](workspace& memory, exec::executor_ref run) {
            model->forward(b, {out, {}}, memory, run);
        };
        workspace count = workspace::measuring();
        forward(count, pool);
        workspace memory(count.high_water());
        forward(memory, pool);
        for (std::size_t s = 0; s < std::size(said); ++s) {
            const std::string adapter = used[s] == no_adapter ? "" : kept[std::size_t(used[s])].name;
            const auto alone = logits_of(model, said[s], adapter, exec::inline_execution, 1);
            for (std::size_t w = 0; w < wanted.size(); ++w) {
                const index_t row = wanted[w] - offsets[s];
                if (row < 0 || wanted[w] >= offsets[s + 1]) continue;
                INFO("sequence " << s << ", row " << row);
                CHECK(std::equal(&out(index_t(w), 0), &out(index_t(w), 0) + vocabulary,
                                 alone.begin() + std::ptrdiff_t(row * vocabulary)));
            }
        }
    }
}

TEST_CASE("A session that turns to another adapter runs what was said again", "[models][adapter][session]") {
    const auto model = model_with("llama", keepable().at("llama"));
    const std::vector<token_t> ids{3, 17, 9, 4, 31};
    session turned(model, cache::contiguous{.places = 32}, exec::inline_execution, {.adapter = "llama-dora"});
    turned.prefill(ids);
    turned.use("llama-linear");
    CHECK(turned.logits().empty());
    CHECK(turned.size() == 5);
    session straight(model, cache::contiguous{.places = 32}, exec::inline_execution, {.adapter = "llama-linear"});
    straight.prefill(ids);
    CHECK(std::ranges::equal(turned.step(7), straight.step(7)));
    turned.use("llama-linear");
    CHECK_FALSE(turned.logits().empty());
    auto fork = turned.fork();
    CHECK(std::ranges::equal(fork.step(8), straight.step(8)));
    turned.use("");
    const std::vector<token_t> all{3, 17, 9, 4, 31, 7, 8};
    session plain(model, cache::contiguous{.places = 32}, exec::inline_execution);
    plain.prefill(all);
    CHECK(std::ranges::equal(turned.step(8), plain.logits()));
}

TEST_CASE("Branches use the adapter of their session", "[models][adapter][decode]") {
    const auto model = model_with("llama", keepable().at("llama"));
    session one(model, cache::contiguous{.places = 32}, exec::inline_execution, {.adapter = "llama-dora"});
    one.prefill(std::vector<token_t>{3, 17, 9});
    decode::branches two(one, 2, 4);
    const decode::extension next[] = {{0, 5}, {0, 6}};
    two.advance(next);
    const auto logits = two.logits();
    auto fork = one.fork();
    CHECK(std::ranges::equal(std::span(&logits(0, 0), std::size_t(logits.extent(1))), fork.step(5)));
    CHECK(std::ranges::equal(std::span(&logits(1, 0), std::size_t(logits.extent(1))), one.step(6)));
}

TEST_CASE("What cannot be kept apart is refused", "[models][adapter][errors]") {
    const auto keep = [](const std::string& name, std::vector<models::kept_adapter> kept) {
        return code_of([&] { model_with(name, kept); });
    };
    CHECK(keep("llama", {{"whole", adapters / "llama-lora"}}) == errc::unsupported);
    CHECK(keep("llama", {{"embedding", adapters / "llama-embedding"}}) == errc::unsupported);
    CHECK(keep("llama", {{"", adapters / "llama-dora"}}) == errc::argument);
    CHECK(keep("llama", {{"a", adapters / "llama-dora"}, {"a", adapters / "llama-linear"}}) == errc::argument);
    CHECK(keep("gpt2", {{"other", adapters / "llama-linear"}}) == errc::missing);
    CHECK(keep("llama-head-dim", {{"other", adapters / "llama-linear"}}) == errc::shape);

    const auto load_with = [](const std::string& name, const std::string& changed) {
        models::kept_adapters kept;
        kept.add(changed, {0, tensor<float>({1, 1}), tensor<float>({1, 1})});
        models::checkpoint files = base(name);
        files.adapters = std::make_shared<const models::kept_adapters>(std::move(kept));
        return code_of([&] { examples::open_model(files); });
    };
    CHECK(load_with("llama", "model.norm.weight") == errc::unsupported);
    CHECK(load_with("granitemoe", "model.layers.0.block_sparse_moe.input_linear.weight") == errc::unsupported);
    CHECK(load_with("t5", "lm_head.weight") == errc::unsupported);
}

TEST_CASE("Adapters that are not there are refused by name and by number", "[models][adapter][errors]") {
    const auto model = model_with("llama", {{"pirate", adapters / "llama-dora"}, {"poet", adapters / "llama-linear"}});
    session one(model, cache::contiguous{.places = 8}, exec::inline_execution);
    try {
        one.use("bard");
        FAIL("a name that is not there");
    } catch (const error& e) {
        CHECK(e.code() == errc::argument);
        CHECK(e.context().expected == "one of pirate, poet");
    }
    CHECK(code_of([&] { session(model, cache::contiguous{}, exec::inline_execution, {.adapter = "bard"}); }) ==
          errc::argument);
    const token_t tokens[] = {3};
    const std::int32_t positions[] = {0};
    const index_t offsets[] = {0, 1};
    cache::any cache = cache::contiguous{.places = 8}.make(model->cache_layout());
    cache::ref ref = cache.ref();
    workspace memory(1 << 20);
    const auto refused = [&](std::vector<index_t> used) {
        return code_of([&] {
            model->forward({tokens, positions, {offsets}, {&ref, 1}, {}, {}, {}, used}, {}, memory,
                           exec::inline_execution);
        });
    };
    CHECK(refused({2}) == errc::argument);
    CHECK(refused({-2}) == errc::argument);
    CHECK(refused({0, 1}) == errc::argument);
    CHECK(ref.length(0) == 0);
}
