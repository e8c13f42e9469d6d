// A language model that sees handwritten digits: what it sees and says is what the reference does.
#include "tessera/models/llava.hpp"
#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/mixed_prompt.hpp"

using namespace tessera;

namespace {

struct seeing {
    explicit seeing(const std::string& name)
        : folder("tests/golden/llava/" + name),
          files(models::open_checkpoint(folder)),
          eyes(files),
          text(examples::open_model(models::llava_text(files))),
          expected(io::safetensors::open(folder + "/expected.safetensors")) {}

    std::string folder;
    models::checkpoint files;
    models::llava eyes;
    models::any text;
    io::safetensors expected;
};

double difference(view<const float> a, view<const float> b) {
    REQUIRE(a.extents() == b.extents());
    double largest = 0, most = 0;
    for (index_t r = 0; r < a.extent(0); ++r)
        for (index_t c = 0; c < a.extent(1); ++c) {
            most = std::max(most, std::fabs(double(a(r, c)) - double(b(r, c))));
            largest = std::max(largest, std::fabs(double(b(r, c))));
        }
    return most / largest;
}

}

TEST_CASE("Pictures among tokens are answered as the reference does", "[models][llava]") {
    exec::thread_pool pool(2);
    for (const char* name : {"llava", "llava-older"}) {
        const seeing model(name);
        for (index_t i = 0; i < 3; ++i) {
            const std::string at = "." + std::to_string(i);
            const tensor<float> pixels = golden::matrix(model.expected, "pixels" + at);
            const tensor<float> rows = model.eyes(pixels, pool);
            CHECK(difference(rows, golden::matrix(model.expected, "rows" + at)) < 1e-5);

            const auto prompt = golden::ids(model.expected, "input_ids" + at);
            session say(*model.text, cache::contiguous{.places = 64}, pool, {.rows = 7});
            prefill_with_rows(say, prompt, model.eyes.picture_token(), rows);
            const tensor<float> logits = golden::matrix(model.expected, "logits" + at);
            const view<const float> said(say.logits().data(), {1, logits.extent(1)});
            CHECK(difference(said, view<const float>(logits).slice({logits.extent(0) - 1, logits.extent(0)})) < 1e-4);
            for ([[maybe_unused]] const token_t t :
                 generate(say, {}, {.max_tokens = 10, .end_tokens = std::vector<token_t>{}}))
                continue;
            const auto answer = say.tokens().subspan(prompt.size());
            CHECK(std::vector<token_t>(answer.begin(), answer.end()) == golden::ids(model.expected, "greedy_ids" + at));
        }
    }
}

TEST_CASE("What is seen does not depend on threads", "[models][llava]") {
    const seeing model("llava");
    const tensor<float> pixels = golden::matrix(model.expected, "pixels.0");
    exec::thread_pool pool(3);
    const tensor<float> alone = model.eyes(pixels, exec::inline_execution), together = model.eyes(pixels, pool);
    CHECK(std::equal(alone.data(), alone.data() + alone.size(), together.data()));
}

TEST_CASE("Sizes that an older file leaves out are those of the first Llama", "[models][llava]") {
    models::checkpoint files = models::open_checkpoint("tests/golden/llava/llava-older");
    files.config = io::parse_json(R"({"text_config": {"model_type": "llama", "vocab_size": 32064}})");
    const io::json config = models::llava_text(files).config;
    CHECK(config.get<index_t>("vocab_size") == 32064);
    CHECK(config.get<index_t>("hidden_size") == 4096);
    CHECK(config.get<index_t>("num_hidden_layers") == 32);
}

TEST_CASE("Pictures and prompts that do not fit are refused", "[models][llava][errors]") {
    const seeing model("llava");
    const tensor<float> small({3 * 8, 7}), rows({3, 24});
    CHECK(code_of([&] { model.eyes(small, exec::inline_execution); }) == errc::shape);
    session say(*model.text, cache::contiguous{.places = 64}, exec::inline_execution);
    const token_t picture = model.eyes.picture_token();
    CHECK(code_of([&] {
              prefill_with_rows(say, std::vector{picture, picture, token_t(4)}, picture, rows);
          }) == errc::shape);
    CHECK(say.size() == 0);
    CHECK(code_of([] { models::llava(models::open_checkpoint("tests/golden/models/llama")); }) == errc::missing);
}
