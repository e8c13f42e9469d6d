// Transcripts in letters of tiny random models beside those of the reference, and what is refused.
#include "tessera/models/ctc_transcription.hpp"

#include <fstream>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/sound.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/models/transcribe.hpp"

using namespace tessera;

namespace {

namespace fs = std::filesystem;
const fs::path folder = "tests/golden/ctc";

struct tiny_ctc {
    explicit tiny_ctc(const std::string& name)
        : files(models::open_checkpoint(folder / name)),
          model(examples::open_encoder(files)),
          ear(models::open_listener(files, *model)) {}

    models::checkpoint files;
    models::any_encoder model;
    std::unique_ptr<models::listener> ear;
};

std::string text_of(const std::vector<models::segment>& words) {
    std::string all;
    for (const models::segment& w : words) all += w.text;
    return all.substr(std::min<std::size_t>(1, all.size()));
}

void check_words(const std::vector<models::segment>& found, const io::json& expected, double hop) {
    const auto& words = expected.at("words").as_array();
    REQUIRE(found.size() == words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        CHECK(found[i].text == " " + words[i].get<std::string>("text"));
        CHECK(std::lround(found[i].begin / hop) == words[i].get<std::int64_t>("begin"));
        CHECK(std::lround(found[i].end / hop) == words[i].get<std::int64_t>("end"));
    }
}

// A directory like a golden one, in which `name` is another text; empty: in which it is not.
fs::path changed(const std::string& name, const std::string& text) {
    const fs::path copy = fs::temp_directory_path() / "tessera_ctc_transcription";
    fs::remove_all(copy);
    fs::copy(folder / "wav2vec2", copy);
    fs::remove(copy / name);
    if (!text.empty()) std::ofstream(copy / name) << text;
    return copy;
}

errc refusal_with(const std::string& name, const std::string& text) {
    return code_of([&] { models::open_ctc_speech(models::open_checkpoint(changed(name, text))); });
}

}

TEST_CASE("Words and their times are the reference's, at once and in windows", "[models][speech][golden]") {
    const io::json expected = io::read_json((folder / "expected.json").string());
    for (const io::json::member& m : expected.as_object()) {
        const tiny_ctc tiny(m.key);
        for (const io::json& t : m.value.at("transcripts").as_array()) {
            models::transcribe_options options;
            if (t.get<double>("window") > 0.0) options.window = t.get<double>("window");
            INFO(m.key << ", " << t.get<double>("seconds") << " s in windows of " << options.window);
            const io::sound sound = first_seconds(t.get<double>("seconds"));
            const auto found = models::transcribe(*tiny.ear, sound, exec::inline_execution, options);
            CHECK(text_of(found) == t.get<std::string>("text"));
            check_words(found, t, m.value.get<double>("hop"));
        }
    }
}

TEST_CASE("Words do not depend on threads, and come with the window that ends them", "[models][speech][threads]") {
    const tiny_ctc tiny("wav2vec2");
    exec::thread_pool three(3);
    const io::sound sound = first_seconds(3.3);
    const auto grows = tiny.ear->listen(sound, three, {.window = 0.5});
    CHECK(grows->length() == index_t(sound.samples.size()));
    std::vector<models::segment> all;
    while (!grows->done()) {
        const index_t before = grows->heard();
        for (models::segment& s : grows->next()) all.push_back(std::move(s));
        CHECK(grows->heard() > before);
        if (!all.empty()) CHECK(all.back().end * 8000.0 <= double(grows->heard()));
    }
    CHECK(text_of(all) == text_of(models::transcribe(*tiny.ear, sound, exec::inline_execution, {.window = 0.5})));
}

TEST_CASE("Sounds of no length and of few samples are heard", "[models][speech]") {
    const tiny_ctc tiny("hubert");
    CHECK(models::transcribe(*tiny.ear, {8000, {}}, exec::inline_execution).empty());
    CHECK_NOTHROW(models::transcribe(*tiny.ear, {8000, {0.5f}}, exec::inline_execution));
}

TEST_CASE("What a model of letters cannot do is refused", "[models][speech][errors]") {
    const tiny_ctc tiny("wav2vec2");
    const auto refusal = [&](const models::transcribe_options& o) {
        return code_of([&] { models::transcribe(*tiny.ear, first_seconds(0.8), exec::inline_execution, o); });
    };
    CHECK(refusal({}) == errc{-1});
    CHECK(refusal({.language = "en"}) == errc::argument);
    CHECK(refusal({.task = "translate"}) == errc::argument);
    CHECK(refusal({.beams = 3}) == errc::argument);
    CHECK(refusal({.window = 0.1}) == errc::argument);
    CHECK(refusal({.window = std::nan("")}) == errc::argument);
    CHECK(refusal({.progress = [](index_t, index_t) { return false; }}) == errc::cancelled);
}

TEST_CASE("Directories without letters, or with others, are refused", "[models][speech][errors]") {
    CHECK(refusal_with("other", "{}") == errc{-1});
    CHECK(refusal_with("vocab.json", "") == errc::missing);
    CHECK(refusal_with("vocab.json", R"({"a": 0, "b": 1})") == errc::format);
    CHECK(refusal_with("vocab.json", R"({"<pad>": -1})") == errc::format);
    CHECK(refusal_with("vocab.json", "[]") == errc::type);
    CHECK(refusal_with("tokenizer_config.json", R"({"target_lang": "de"})") == errc::missing);
    CHECK(refusal_with("tokenizer_config.json", R"({"tokenizer_class": "Wav2Vec2PhonemeCTCTokenizer"})") ==
          errc::unsupported);
    CHECK(refusal_with("preprocessor_config.json", R"({"feature_size": 2})") == errc::unsupported);
    CHECK(refusal_with("preprocessor_config.json", R"({"sampling_rate": 0})") == errc::format);
}
