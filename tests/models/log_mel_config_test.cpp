// preprocessor_config.json of speech models: what is read, and what is refused.
#include "tessera/models/log_mel_config.hpp"

#include <fstream>

#include "support/catch.hpp"

using namespace tessera;

namespace {

audio::log_mel_options read(const std::string& text) { return models::read_log_mel_options(io::parse_json(text)); }

}

TEST_CASE("Sizes of features come from the file, or are Whisper's", "[models][log_mel]") {
    const auto o = read(R"({"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128, "hop_length": 80,
                            "n_fft": 512, "chunk_length": 10, "sampling_rate": 8000, "n_samples": 480000})");
    CHECK(o.features == 128);
    CHECK(o.hop == 80);
    CHECK(o.window == 512);
    CHECK(o.seconds == 10);
    CHECK(o.rate == 8000);
    CHECK(read("{}").frames() == 3000);
}

TEST_CASE("Other features, and sizes out of range, are refused", "[models][log_mel]") {
    CHECK_THROWS_AS(read(R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor"})"), error);
    CHECK_THROWS_AS(read(R"({"dither": 0.1})"), error);
    CHECK_THROWS_AS(read(R"({"do_normalize": true})"), error);
    CHECK_THROWS_AS(read(R"({"hop_length": 0})"), error);
    CHECK_THROWS_AS(read(R"({"n_fft": -400})"), error);
}

TEST_CASE("A directory has either of two files", "[models][log_mel]") {
    const auto folder = std::filesystem::temp_directory_path() / "tessera_log_mel_config";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    CHECK_THROWS_AS(models::open_log_mel_options(folder), error);
    std::ofstream(folder / "processor_config.json") << R"({"feature_extractor": {"feature_size": 96}})";
    CHECK(models::open_log_mel_options(folder).features == 96);
    std::ofstream(folder / "preprocessor_config.json") << R"({"feature_size": 64})";
    CHECK(models::open_log_mel_options(folder).features == 64);
    std::filesystem::remove_all(folder);
}
