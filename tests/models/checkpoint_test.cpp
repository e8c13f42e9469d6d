// Models from memory: what is embedded in a program needs no files.
#include <fstream>
#include <iterator>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tessera;

namespace {

std::vector<char> contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> logits_of(const model::language_model& model) {
    session one(model, cache::contiguous{.places = 16}, exec::inline_execution);
    one.prefill(std::vector<token_t>{1, 2, 3});
    return {one.logits().begin(), one.logits().end()};
}

}

TEST_CASE("A checkpoint in memory gives the bits of the one on disk", "[models][checkpoint_in_memory]") {
    const auto folder = golden::model_path("llama-bf16");
    const auto weights = contents(folder / "model.safetensors");
    const auto config = contents(folder / "config.json");
    const models::checkpoint embedded{.path = "embedded",
                                      .config = io::parse_json({config.data(), config.size()}),
                                      .generation = io::json(io::json::object{}),
                                      .weights = io::safetensors::from_memory(std::as_bytes(std::span(weights)))};
    CHECK(logits_of(examples::open_model(embedded)) == logits_of(examples::open_model(models::open_checkpoint(folder))));
}
