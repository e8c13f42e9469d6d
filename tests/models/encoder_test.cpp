// Encoders that stand alone against the reference's outputs, and what they promise bit for bit.
#include <set>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/decode/ctc.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/encode.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/wav2vec2.hpp"

using namespace tessera;

namespace {

models::any_encoder open(const std::string& name) {
    return examples::open_encoder(models::open_checkpoint(golden::encoder_folder() / name));
}

encoded encode_case(const model::encoder_model& model, const io::safetensors& file, index_t i, exec::executor_ref run) {
    const std::string samples = "input_values." + std::to_string(i);
    if (file.find(samples) != nullptr) return encode_frames(model, golden::matrix(file, samples), run);
    return encode_tokens(model, golden::ids(file, "input_ids." + std::to_string(i)), run);
}

std::vector<float> numbers(const tensor<float>& x) { return {x.data(), x.data() + x.size()}; }

}

TEST_CASE("Encoders give the reference's hidden states and scores", "[models][golden][encoder]") {
    std::set<std::string> families;
    for (const std::string& name : golden::names(golden::encoder_folder())) {
        INFO(name);
        const auto model = open(name);
        REQUIRE(model);
        families.insert(model->config().family);
        const io::safetensors file = golden::expected(name, golden::encoder_folder());
        REQUIRE(golden::count(file) > 1);
        for (index_t i = 0; i < golden::count(file); ++i) {
            INFO("case " << i);
            const encoded e = encode_case(model, file, i, exec::inline_execution);
            const std::string at = std::to_string(i);
            CHECK(golden::relative_error(numbers(e.logits), golden::floats(file, "logits." + at)) < 1e-4);
            CHECK(golden::relative_error(numbers(e.hidden), golden::floats(file, "last_hidden_state." + at)) < 1e-4);
        }
    }
    CHECK(families.size() >= 2);
}

TEST_CASE("One, two and three threads give an encoder's bits", "[models][equality][encoder][threads]") {
    exec::thread_pool two(2), three(3);
    for (const std::string& name : golden::names(golden::encoder_folder())) {
        INFO(name);
        const auto model = open(name);
        const io::safetensors file = golden::expected(name, golden::encoder_folder());
        const index_t last = golden::count(file) - 1;
        const encoded alone = encode_case(model, file, last, exec::inline_execution);
        CHECK(numbers(encode_case(model, file, last, two).logits) == numbers(alone.logits));
        CHECK(numbers(encode_case(model, file, last, three).logits) == numbers(alone.logits));
        CHECK(numbers(encode_case(model, file, last, three).hidden) == numbers(alone.hidden));
    }
}

TEST_CASE("Hidden states alone and scores alone are what both together are", "[models][encoder]") {
    const auto model = load<models::wav2vec2>(golden::encoder_folder() / "wav2vec2");
    const io::safetensors file = golden::expected("wav2vec2", golden::encoder_folder());
    const tensor<float> samples = golden::matrix(file, "input_values.1");
    const encoded both = encode_frames(model, samples, exec::inline_execution);
    const model::lone_source source({.frames = samples}, model.rows_of(samples.extent(0)));
    encoded apart{tensor<float>(both.hidden.view().extents()), tensor<float>(both.logits.view().extents())};
    for (const model::outputs& out : {model::outputs{{}, apart.hidden}, model::outputs{apart.logits, {}}}) {
        workspace count = workspace::measuring();
        model.forward(source.rows(), out, count, exec::inline_execution);
        workspace memory(count.high_water());
        model.forward(source.rows(), out, memory, exec::inline_execution);
    }
    CHECK(numbers(apart.hidden) == numbers(both.hidden));
    CHECK(numbers(apart.logits) == numbers(both.logits));
    for (const auto& said : decode::ctc_greedy(both.logits, model.config().pad_token)) CHECK(said.token != 0);
}

TEST_CASE("Sources that an encoder cannot read are refused, and files of other families are not its own",
          "[models][encoder][errors]") {
    const auto model = open("wav2vec2");
    CHECK(model->source_frames().frames == 0);
    CHECK(model->source_frames().features == 1);
    const auto reads = [&](index_t samples, index_t features) {
        return code_of([&] { encode_frames(model, tensor<float>({samples, features}), exec::inline_execution); });
    };
    CHECK(reads(54, 1) == errc::shape);
    CHECK(reads(400, 2) == errc::shape);
    CHECK(code_of([&] { encode_frames(model, {}, exec::inline_execution); }) == errc::shape);
    const std::vector<token_t> ids{1, 2};
    CHECK(code_of([&] { encode_tokens(model, ids, exec::inline_execution); }) == errc::unsupported);
    CHECK_FALSE(examples::open_encoder(models::open_checkpoint(golden::model_path("whisper"))));
    CHECK(code_of([] { examples::open_model(models::open_checkpoint(golden::encoder_folder() / "hubert")); }) ==
          errc::unsupported);
    CHECK(code_of([] { load<models::wav2vec2>(golden::encoder_folder() / "hubert"); }) == errc::unsupported);
}
