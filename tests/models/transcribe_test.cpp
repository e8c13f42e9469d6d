// Transcripts of a tiny random model beside those of the reference, and what is refused.
#include "tessera/models/transcribe.hpp"

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/sound.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

const std::string folder = "tests/golden/speech/";

struct tiny_whisper {
    models::checkpoint files = models::open_checkpoint(folder + "model");
    models::any model = examples::open_model(files);
    models::whisper_speech speech = models::open_whisper_speech(files);
    std::unique_ptr<models::listener> ear = models::open_listener(files, *model);
    io::sound sound = io::read_wav(folder + "sound.wav");
};

const tiny_whisper& golden() {
    static const tiny_whisper one;
    return one;
}

// Without beams, context, temperatures and silence, as the reference does it when it is not told otherwise.
models::transcribe_options plain() {
    models::transcribe_options o;
    o.beams = 1;
    o.context = false;
    o.temperatures.clear();
    o.silence = 1.0f;
    return o;
}

std::vector<models::segment> transcribe(const io::sound& sound, const models::transcribe_options& o,
                                        exec::executor_ref run = exec::inline_execution) {
    return models::transcribe(*golden().ear, sound, run, o);
}

bool same(const std::vector<models::segment>& a, const std::vector<models::segment>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.begin == y.begin && x.end == y.end && x.tokens == y.tokens && x.text == y.text;
    });
}

}

TEST_CASE("Transcripts are the reference's, window after window", "[models][speech]") {
    const io::json expected = io::read_json(folder + "expected.json");
    for (const io::json& t : expected.at("transcripts").as_array()) {
        auto options = plain();
        options.language = t.get<std::string>("language");
        options.task = t.get<std::string>("task");
        options.timestamps = t.get<bool>("timestamps");
        INFO(t.get<double>("seconds") << " s, " << options.language << ", " << options.task);
        const auto found = transcribe(first_seconds(t.get<double>("seconds")), options);
        const auto& segments = t.at("segments").as_array();
        REQUIRE(found.size() == segments.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            CHECK(found[i].tokens == segments[i].get<std::vector<token_t>>("tokens"));
            CHECK(std::lround(100.0 * found[i].end) ==
                  std::min(segments[i].get<std::int64_t>("end"), std::lround(100.0 * t.get<double>("seconds"))));
            if (options.timestamps) CHECK(found[i].begin <= found[i].end);
            CHECK(found[i].text == golden().speech.words.decode(found[i].tokens));
        }
    }
}

TEST_CASE("Times leave the tokens that the reference leaves", "[models][speech][timestamps]") {
    auto rules = models::timestamp_rules(golden().speech.tokens);
    double c = 0;
    for (const io::json& given : io::read_json(folder + "expected.json").at("rules").as_array()) {
        std::vector<float> logits(std::size_t(golden().model->config().vocabulary));
        for (std::size_t t = 0; t < logits.size(); ++t)
            logits[t] = float(std::fmod(37.0 * double(t) + 101.0 * c, 97.0) / 16.0);
        const auto generated = given.get<std::vector<token_t>>("generated");
        rules({logits, generated, generated});
        std::vector<token_t> left;
        for (std::size_t t = 0; t < logits.size(); ++t)
            if (logits[t] > sample::excluded) left.push_back(token_t(t));
        INFO("case " << c);
        CHECK(left == given.get<std::vector<token_t>>("left"));
        c += 1.0;
    }
}

TEST_CASE("Transcripts do not depend on threads, and grow by windows", "[models][speech][threads]") {
    exec::thread_pool three(3);
    const auto whole = transcribe(golden().sound, plain());
    CHECK(same(transcribe(golden().sound, plain(), three), whole));
    models::whisper_transcription grows(golden().model, golden().speech, golden().sound, exec::inline_execution,
                                        plain());
    CHECK(grows.length() == 330);
    std::vector<models::segment> all;
    while (!grows.done()) {
        const index_t before = grows.heard();
        for (models::segment& s : grows.next()) all.push_back(std::move(s));
        CHECK(grows.heard() > before);
    }
    CHECK(grows.heard() == 330);
    CHECK((grows.language() == "en" || grows.language() == "de"));
    CHECK(same(all, whole));
}

TEST_CASE("Sound of another rate is resampled, and of no length says nothing", "[models][speech]") {
    io::sound slow = golden().sound;
    slow.rate = 4000;  // lasts twice as long
    models::whisper_transcription grows(golden().model, golden().speech, slow, exec::inline_execution, plain());
    CHECK(grows.length() == 660);
    CHECK(transcribe({8000, {}}, plain()).empty());
}

TEST_CASE("What is taken for silence says nothing, and what is doubtful is drawn anew", "[models][speech]") {
    auto options = plain();
    options.silence = -1.0f;
    options.sure = 0.0f;
    CHECK(transcribe(golden().sound, options).empty());
    options.silence = 1.0f;
    options.temperatures = {0.5f, 2.0f};
    const auto drawn = transcribe(golden().sound, options);
    CHECK_FALSE(same(drawn, transcribe(golden().sound, plain())));
    CHECK(same(drawn, transcribe(golden().sound, options)));
}

TEST_CASE("Beams find other texts than the most probable token each time", "[models][speech]") {
    auto options = plain();
    options.beams = 3;
    const auto found = transcribe(golden().sound, options);
    CHECK_FALSE(found.empty());
    CHECK_FALSE(same(found, transcribe(golden().sound, plain())));
}

TEST_CASE("What was said before changes what is said, unless it was doubtful", "[models][speech]") {
    auto options = plain();
    options.sure = -100.0f;
    const auto alone = transcribe(golden().sound, options);
    options.context = true;
    CHECK(same(transcribe(golden().sound, options), alone));  // the files name no token for it
    models::whisper_speech speech = golden().speech;
    speech.tokens.previous = 2;
    const auto told = [&](float sure) {
        options.sure = sure;
        models::whisper_transcription grows(golden().model, speech, golden().sound, exec::inline_execution, options);
        return models::rest_of(grows);
    };
    const auto found = told(-100.0f);
    CHECK_FALSE(same(found, alone));
    CHECK(found.front().tokens == alone.front().tokens);
    CHECK(same(told(0.0f), alone));
    speech.tokens.previous = 5000;
    CHECK(code_of([&] { told(0.0f); }) == errc::argument);
}

TEST_CASE("Languages, tasks, rates and models that do not fit are refused", "[models][speech][errors]") {
    const auto refusal = [](const auto& change) {
        auto options = plain();
        io::sound sound = first_seconds(0.5);
        change(options, sound);
        return code_of([&] { transcribe(sound, options); });
    };
    CHECK(refusal([](auto& o, auto&) { o.language = "xx"; }) == errc::argument);
    CHECK(refusal([](auto& o, auto&) { o.task = "sing"; }) == errc::argument);
    CHECK(refusal([](auto&, auto& s) { s.rate = 10; }) == errc::argument);
    CHECK(refusal([](auto& o, auto&) { o.progress = [](index_t, index_t) { return false; }; }) == errc::cancelled);
    CHECK(refusal([](auto&, auto&) {}) == errc{-1});

    const models::checkpoint austen = models::open_checkpoint("examples/models/austen");
    const models::any text = examples::open_model(austen);
    const auto refused = [](const model::language_model& model, const models::whisper_speech& files) {
        return code_of(
            [&] { models::whisper_transcription(model, files, first_seconds(0.5), exec::inline_execution, plain()); });
    };
    CHECK(refused(text, golden().speech) == errc::shape);
    CHECK(code_of([&] { models::open_listener(austen, *text); }) == errc::unsupported);
    CHECK(code_of([&] { models::open_whisper_speech(austen); }) == errc::io);
    models::whisper_speech wrong = golden().speech;
    wrong.tokens.languages.emplace_back("fr", 5000);
    CHECK(refused(golden().model, wrong) == errc::argument);
}
