// A real checkpoint, when `sh examples/models/fetch.sh smollm2` has brought it: beside float32 and llama.cpp.
#include <cstdio>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/text/load_tokenizer.hpp"

using namespace tessera;

namespace {

const char* const model_file = "examples/models/downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

struct continuation {
    std::vector<token_t> ids;
    std::vector<float> gaps;  // distance of the two best logits at each step
};
continuation read(const io::json& j) { return {j.get<std::vector<token_t>>("ids"), j.get<std::vector<float>>("gaps")}; }

index_t agreement(const std::vector<token_t>& a, const std::vector<token_t>& b) {
    return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

}

TEST_CASE("SmolLM2 keeps to float32 at least as long as llama.cpp, and parts from it only where logits are near",
          "[models][checkpoint]") {
    if (!std::filesystem::exists(model_file)) {
        std::printf("skipped: %s is not there (sh examples/models/fetch.sh smollm2)\n", model_file);
        SUCCEED();
        return;
    }
    exec::thread_pool pool(2);
    const auto model = examples::open_model(models::open_checkpoint(model_file));
    const auto words = text::load_tokenizer(model_file);
    const io::json expected = io::read_json("tests/golden/smollm2/expected.json");
    index_t ours = 0, theirs = 0;
    for (const io::json& p : expected.at("prompts").as_array()) {
        INFO(p.get<std::string>("text"));
        const auto prompt = p.get<std::vector<token_t>>("ids");
        CHECK(words.encode(p.get<std::string>("text")) == prompt);
        const continuation exact = read(p.at("float32")), peer = read(p.at("llama_cpp"));
        session story(model, cache::contiguous{.places = 256}, pool);
        std::vector<token_t> found;
        for (const token_t t :
             generate(story, prompt, {.max_tokens = index_t(exact.ids.size()), .end_tokens = std::vector<token_t>{}}))
            found.push_back(t);
        // llama.cpp itself parts from float32 at gaps of up to 0.13.
        for (const continuation& other : {exact, peer}) {
            const index_t n = agreement(found, other.ids);
            if (n < index_t(other.ids.size())) CHECK(other.gaps[std::size_t(n)] < 0.2f);
        }
        ours += agreement(found, exact.ids);
        theirs += agreement(peer.ids, exact.ids);
    }
    std::printf("tokens before the first difference from float32: %td, llama.cpp %td\n", ours, theirs);
    CHECK(ours >= theirs);
}
