// Configurations and weights that lie: each gives a model that runs or a tessera::error, nothing else.
#include <fstream>

#include "families/families.hpp"
#include "support/bytes.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace tessera;

namespace {

namespace fs = std::filesystem;

// Opens the model and runs a token. Returns whether it was refused.
bool refused(const models::checkpoint& files) {
    try {
        const auto model = examples::open_model(files);
        session one(model, cache::contiguous{.places = 8}, exec::inline_execution);
        one.prefill(std::vector<token_t>{1, 2, 3});
        return false;
    } catch (const error& e) {
        CHECK(std::string(e.what()).find('\n') == std::string::npos);
        CHECK(std::string(e.what()).size() > 10);
        return true;
    }
}

models::checkpoint with(models::checkpoint files, const std::string& key, const io::json& value) {
    std::vector<io::json::member> members(files.config.as_object().begin(), files.config.as_object().end());
    members.push_back({key, value});  // the last of repeated keys wins
    files.config = io::json(io::json::object(std::move(members)));
    return files;
}

std::vector<std::string> hosts() {
    return {
        "llama", "gpt2",    "gemma3",         "stablelm", "phi3-longrope",        "granite", "gpt-neox", "gpt-bigcode",
        "gptj",  "gpt-neo", "falcon-grouped", "bloom",    "opt-narrow-post-norm", "mpt",     "xglm",     "ctrl"};
}

}

TEST_CASE("Absurd values of any key of the configuration are refused or do no harm", "[models][hostile]") {
    const io::json absurd[] = {
        0,     -1,   1,   7,          1000003,           std::int64_t(1) << 40,   std::int64_t(1) << 62,
        1e300, -0.5, "x", io::json(), io::json::array{}, io::json::array{1, "a"}, io::json::object{},
        true};
    for (const std::string& host : hosts()) {
        const auto files = models::open_checkpoint(golden::model_path(host));
        CHECK_FALSE(refused(files));
        index_t refusals = 0;
        for (const auto& [key, value] : files.config.as_object()) {
            INFO(host << " " << key);
            for (const io::json& bad : absurd) refusals += refused(with(files, key, bad)) ? 1 : 0;
        }
        CHECK(refusals > 50);
    }
}

TEST_CASE("A missing or misshapen tensor is named with what was expected and found", "[models][hostile]") {
    const auto files = models::open_checkpoint(golden::model_path("llama"));
    struct part {
        io::any_source all;
        std::string without;
        std::vector<std::string> left;
        const quant::stored_tensor* find(std::string_view name) const {
            return name == without ? nullptr : all.find(name);
        }
        std::span<const std::string> names() const { return left; }
    };
    for (const std::string& name : files.weights.names()) {
        models::checkpoint broken = files;
        broken.weights = io::any_source(part{files.weights, name, {}});
        try {
            examples::open_model(broken);
            FAIL("loaded without " << name);
        } catch (const error& e) {
            CHECK(e.code() == errc::missing);
            CHECK(e.context().subject == name);
        }
    }
    try {
        examples::open_model(with(files, "hidden_size", 35));
        FAIL("loaded with another width");
    } catch (const error& e) {
        CHECK(e.code() == errc::shape);
        CHECK_FALSE(e.context().file.empty());
        CHECK_FALSE(e.context().subject.empty());
        CHECK_FALSE(e.context().expected.empty());
        CHECK_FALSE(e.context().found.empty());
    }
}

TEST_CASE("Families that are not known are refused by name, with the list of those that are", "[models][hostile]") {
    const auto files = with(models::open_checkpoint(golden::model_path("llama")), "model_type", "gpt99");
    try {
        examples::open_model(files);
        FAIL("loaded");
    } catch (const error& e) {
        CHECK(e.code() == errc::unsupported);
        CHECK(e.context().found == "gpt99");
        CHECK(e.context().expected.find("gemma3_text") != std::string::npos);
    }
}

TEST_CASE("Files cut short or replaced are refused", "[models][hostile]") {
    const test::temporary_folder folder;
    const fs::path copy = fs::path(folder.path()) / "model";
    fs::copy(golden::model_path("llama"), copy);
    const auto size = fs::file_size(copy / "model.safetensors");
    for (const double part : {0.0, 0.001, 0.5, 0.999}) {
        fs::resize_file(copy / "model.safetensors", 0);
        fs::copy_file(golden::model_path("llama") / "model.safetensors", copy / "model.safetensors",
                      fs::copy_options::overwrite_existing);
        fs::resize_file(copy / "model.safetensors", std::uintmax_t(double(size) * part));
        CHECK_THROWS_AS(models::open_checkpoint(copy), error);
    }
    std::ofstream(copy / "config.json") << "{\"model_type\": ";
    CHECK_THROWS_AS(models::open_checkpoint(copy), error);
    fs::remove(copy / "config.json");
    CHECK_THROWS_AS(models::open_checkpoint(copy), error);
    CHECK_THROWS_AS(models::open_checkpoint("no/such/place"), error);
    CHECK_THROWS_AS(models::open_checkpoint(copy / "model.safetensors"), error);
}
