// Transcripts of a tiny random Moonshine beside those of the reference, and what is refused.
#include "tessera/models/moonshine_transcription.hpp"

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/sound.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/models/transcribe.hpp"

using namespace tessera;

namespace {

const std::string folder = "tests/golden/moonshine/";

struct tiny_moonshine {
    models::checkpoint files = models::open_checkpoint(folder + "model");
    models::any model = examples::open_model(files);
    std::unique_ptr<models::listener> ear = models::open_listener(files, *model);
};

const tiny_moonshine& golden() {
    static const tiny_moonshine one;
    return one;
}

std::vector<models::segment> transcribe(double seconds, const models::transcribe_options& o,
                                        exec::executor_ref run = exec::inline_execution) {
    return models::transcribe(*golden().ear, first_seconds(seconds), run, o);
}

}

TEST_CASE("Moonshine's transcripts are the reference's, at once and in windows", "[models][speech][golden]") {
    const text::tokenizer words = text::load_tokenizer(folder + "model");
    const io::json expected = io::read_json(folder + "expected.json");
    for (const io::json& t : expected.as_array()) {
        models::transcribe_options options{.beams = index_t(t.get<std::int64_t>("beams"))};
        if (t.get<double>("window") > 0.0) options.window = t.get<double>("window");
        INFO(t.get<double>("seconds") << " s in windows of " << options.window << ", beams " << options.beams);
        const auto found = transcribe(t.get<double>("seconds"), options);
        const auto& windows = t.at("windows").as_array();
        REQUIRE(found.size() == windows.size());
        for (std::size_t i = 0; i < windows.size(); ++i) {
            CHECK(found[i].tokens == windows[i].get<std::vector<token_t>>("tokens"));
            CHECK(std::lround(8000.0 * found[i].end) == windows[i].get<std::int64_t>("end"));
            CHECK(found[i].begin == (i == 0 ? 0.0 : found[i - 1].end));
            CHECK(found[i].text == " " + words.decode(found[i].tokens, {.skip_special = true}));
        }
    }
}

TEST_CASE("Beams are the file's unless options say, threads change nothing", "[models][speech][threads]") {
    exec::thread_pool three(3);
    const auto greedy = transcribe(3.3, {});
    CHECK(greedy.at(0).tokens == transcribe(3.3, {.beams = 1}, three).at(0).tokens);
    models::moonshine_speech speech = models::open_moonshine_speech(golden().files);
    speech.beams.beams = 3;
    models::moonshine_transcription grows(golden().model, speech, first_seconds(3.3), exec::inline_execution);
    CHECK(models::rest_of(grows).at(0).tokens == transcribe(3.3, {.beams = 3}).at(0).tokens);
    CHECK(grows.heard() == grows.length());
}

TEST_CASE("What Moonshine cannot do is refused", "[models][speech][errors]") {
    const auto refusal = [&](const models::transcribe_options& o) { return code_of([&] { transcribe(0.8, o); }); };
    CHECK(refusal({}) == errc{-1});
    CHECK(refusal({.language = "en"}) == errc::argument);
    CHECK(refusal({.task = "translate"}) == errc::argument);
    CHECK(refusal({.window = -1.0}) == errc::argument);
    CHECK(refusal({.beams = -1}) == errc::argument);
    CHECK(models::transcribe(*golden().ear, {8000, {}}, exec::inline_execution).empty());
    CHECK(code_of([] { models::open_moonshine_speech(models::open_checkpoint("examples/models/austen")); }) ==
          errc::io);
}
