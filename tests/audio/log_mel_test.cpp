// Log-mel features against those of the reference implementation, and their options.
#include "tessera/audio/log_mel.hpp"

#include <cstring>

#include "support/catch.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/quant/any.hpp"

using namespace tessera;

namespace {

std::vector<float> floats(const io::safetensors& file, const std::string& name) {
    const auto& t = io::require(file, name);
    std::vector<float> x(std::size_t(t.size()));
    quant::decode_row(t.format, t.bytes.data(), x.data(), t.size());
    return x;
}

std::vector<std::int64_t> numbers(const io::safetensors& file, const std::string& name) {
    const auto& t = io::require(file, name);
    std::vector<std::int64_t> x(std::size_t(t.size()));
    std::memcpy(x.data(), t.bytes.data(), t.bytes.size());
    return x;
}

}

TEST_CASE("Features of a sound are the reference's", "[audio][log_mel]") {
    const auto golden = io::safetensors::open("tests/golden/audio/log_mel.safetensors");
    const auto sound = floats(golden, "sound");
    const auto frames = numbers(golden, "frames");
    for (const index_t bands : {80, 128}) {
        INFO(bands << " bands");
        const auto expected = floats(golden, "features." + std::to_string(bands));
        const auto found = audio::log_mel({.features = bands, .seconds = 2})(sound);
        REQUIRE(found.extent(0) == 200);
        double worst = 0;
        for (std::size_t f = 0; f < frames.size(); ++f)
            for (index_t b = 0; b < bands; ++b)
                worst = std::max(worst, std::fabs(double(found(frames[f], b)) -
                                                  double(expected[f * std::size_t(bands) + std::size_t(b)])));
        CHECK(worst < 1e-4);
    }
}

TEST_CASE("Threads change nothing, and what is longer than a piece is left out", "[audio][log_mel][threads]") {
    std::vector<float> sound;
    for (int i = 0; i < 50000; ++i) sound.push_back(0.4f * std::sin(0.0001f * float(i) * float(i % 977)));
    const audio::log_mel features({.seconds = 2});
    exec::thread_pool three(3);
    const auto alone = features(sound);
    const auto shared = features(sound, three), cut = features(std::span(sound).first(32000));
    CHECK(std::equal(alone.flat().begin(), alone.flat().end(), shared.flat().begin()));
    CHECK(std::equal(alone.flat().begin(), alone.flat().end(), cut.flat().begin()));
}

TEST_CASE("A whole sound has the features of its pieces, and zeros after them", "[audio][log_mel]") {
    std::vector<float> sound;
    for (int i = 0; i < 40001; ++i) sound.push_back(0.4f * std::sin(0.0001f * float(i) * float(i % 977)));
    const audio::log_mel second({.seconds = 1}), all({.seconds = 4});
    const auto whole = second.whole(sound), piece = all(sound);
    REQUIRE(whole.extent(0) == 251 + 100);  // of 160 samples each, the last begun
    for (index_t f = 0; f < 351; ++f)
        for (index_t b = 0; b < 80; ++b) CHECK(whole(f, b) == (f < 251 ? piece(f, b) : 0.0f));
    CHECK(second.whole({}).extent(0) == 100);
}

TEST_CASE("Silence, an odd number of frames and a window of no small factors have features too", "[audio][log_mel]") {
    const auto silence = audio::log_mel({.seconds = 1})({});
    for (const float x : silence.flat()) CHECK(x == -1.5f);
    const audio::log_mel odd({.rate = 1009, .window = 131, .hop = 77, .features = 5, .seconds = 1});
    const std::vector<float> sound(900, 0.5f);
    const auto features = odd(sound);
    CHECK(features.extent(0) == 13);
    for (const float x : features.flat()) CHECK(std::isfinite(x));
}

TEST_CASE("Sizes that give no features are refused", "[audio][log_mel]") {
    CHECK_THROWS_AS(audio::log_mel({.window = 0}), error);
    CHECK_THROWS_AS(audio::log_mel({.hop = 0}), error);
    CHECK_THROWS_AS(audio::log_mel({.features = 0}), error);
    CHECK_THROWS_AS(audio::log_mel({.seconds = -1}), error);
    CHECK_THROWS_AS(audio::log_mel({.rate = 100, .window = 400, .seconds = 1}), error);
    CHECK_THROWS_AS(audio::log_mel({.seconds = index_t(1) << 60}), error);
}
