// Low-rank adapters merged into checkpoints, against PEFT's own logits.
#include "tessera/models/adapter.hpp"

#include <cstring>
#include <fstream>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"

using namespace tessera;
namespace fs = std::filesystem;

namespace {

const fs::path adapters = "tests/golden/adapters";

std::string base_of(const fs::path& adapter) {
    return io::read_json((adapter / "adapter_config.json").string()).get<std::string>("base_model_name_or_path");
}

std::vector<float> logits_of(const models::checkpoint& files, const std::vector<token_t>& ids) {
    const auto model = examples::open_model(files);
    const index_t n = index_t(ids.size()), vocabulary = model->config().vocabulary;
    std::vector<float> logits(std::size_t(n * vocabulary));
    session(*model, cache::contiguous{.places = n}, exec::inline_execution)
        .run(ids, {{logits.data(), {n, vocabulary}}, {}});
    return logits;
}

models::checkpoint base(const std::string& name) { return models::open_checkpoint(golden::model_path(name)); }

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
        const double tolerance = name.find("bf16") == std::string::npos ? 1e-5 : 2e-2;
        CHECK(golden::relative_error(logits_of(base(name), ids), wanted) > 5e-2);
        CHECK(golden::relative_error(logits_of(models::with_adapter(base(name), entry.path()), ids), wanted) <
              tolerance);
        ++cases;
    }
    CHECK(cases >= 6);
}

TEST_CASE("An adapter that does not fit is refused", "[models][adapter][errors]") {
    CHECK(code_of([] { models::with_adapter(base("llama"), "no/such/adapter"); }) == errc::io);
    CHECK(code_of([] { models::with_adapter(base("gpt2"), adapters / "llama-lora"); }) == errc::missing);
    CHECK(code_of([] { models::with_adapter(base("llama-head-dim"), adapters / "llama-lora"); }) == errc::shape);
    CHECK(code_of([] {
              models::read_adapter_options(io::json(io::json::object{{"peft_type", "IA3"}}));
          }) == errc::unsupported);
}
