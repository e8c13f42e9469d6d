// How samples are prepared for models that read them as they are.
#include "tessera/models/wave_config.hpp"

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("Rates and normalisation come from the file", "[models][speech]") {
    const auto o = models::read_wave_options(io::parse_json(R"({"sampling_rate": 8000, "do_normalize": false})"));
    CHECK(o.rate == 8000);
    CHECK_FALSE(o.normalised);
    CHECK(models::read_wave_options(io::parse_json("{}")).normalised);
    CHECK_THROWS_AS(models::read_wave_options(io::parse_json(R"({"feature_size": 80})")), error);
    CHECK_THROWS_AS(
        models::read_wave_options(io::parse_json(R"({"feature_extractor_type": "WhisperFeatureExtractor"})")), error);
}

TEST_CASE("Normalised samples have the mean 0 and the variance 1, and silence stays", "[models][speech]") {
    const io::sound two{1000, std::vector<float>(200, 0.25f)};
    io::sound sound = two;
    for (std::size_t i = 0; i < 100; ++i) sound.samples[i] = 0.75f;
    const auto x = models::samples_of(sound, {.rate = 1000});
    CHECK(x.front() == Approx(1.0f).epsilon(1e-5));
    CHECK(x.back() == Approx(-1.0f).epsilon(1e-5));
    for (const float s : models::samples_of(two, {.rate = 1000})) CHECK(s == 0.0f);
    CHECK(models::samples_of(sound, {.rate = 1000, .normalised = false}) == sound.samples);
}

TEST_CASE("Short sounds go on in silence, windows have their limits", "[models][speech]") {
    CHECK(models::samples_of({8000, {1.0f, 1.0f}}, {.rate = 8000, .normalised = false}).size() == 800);
    CHECK(models::samples_of({8000, {}}, {.rate = 8000}).empty());
    CHECK(models::window_samples(2.0, {.rate = 8000}) == 16000);
    for (const double seconds : {0.0, -1.0, 1e9, std::nan("")})
        CHECK_THROWS_AS(models::window_samples(seconds, {}), error);
}
