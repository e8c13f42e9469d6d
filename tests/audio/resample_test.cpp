// Tones at other rates against the tones themselves.
#include "tessera/audio/resample.hpp"

#include "support/catch.hpp"

using namespace tessera;

namespace {

std::vector<float> tone(double hertz, double rate, double seconds) {
    std::vector<float> x;
    for (double i = 0; i < rate * seconds; ++i)
        x.push_back(static_cast<float>(std::sin(2.0 * std::numbers::pi * hertz * i / rate)));
    return x;
}

// Away from the ends, where the filter reaches beyond the sound.
double worst(const std::vector<float>& found, const std::vector<float>& wanted) {
    double d = 0;
    for (std::size_t i = found.size() / 4; i < found.size() * 3 / 4; ++i)
        d = std::max(d, std::fabs(double(found[i]) - double(wanted[i])));
    return d;
}

}

TEST_CASE("A tone stays the tone it is", "[audio][resample]") {
    for (const index_t from : {8000, 11025, 22050, 44100, 48000, 96000})
        for (const double hertz : {60.0, 440.0, 3000.0}) {
            INFO(from << " Hz, a tone of " << hertz);
            const auto found = audio::resampler(from, 16000)(tone(hertz, double(from), 0.5));
            CHECK(found.size() == std::size_t((index_t(double(from) * 0.5 + 0.5) * 16000 + from - 1) / from));
            CHECK(worst(found, tone(hertz, 16000, 0.6)) < 2e-3);
        }
}

TEST_CASE("What the lower rate cannot hold is gone", "[audio][resample]") {
    const auto found = audio::resampler(48000, 16000)(tone(10000, 48000, 0.5));
    CHECK(worst(found, std::vector<float>(found.size())) < 1e-3);
}

TEST_CASE("The same rate changes nothing, constants stay, and no sound is none", "[audio][resample]") {
    const auto x = tone(3000, 16000, 0.1);
    CHECK(audio::resampler(16000, 16000)(x) == x);
    const auto flat = audio::resampler(44100, 16000)(std::vector<float>(4410, 0.25f));
    CHECK(worst(flat, std::vector<float>(flat.size(), 0.25f)) < 1e-6);
    CHECK(audio::resampler(44100, 16000)({}).empty());
    CHECK(audio::resampler(44100, 16000)(std::vector<float>(3, 1.0f)).size() == 2);
}

TEST_CASE("Rates out of range are refused", "[audio][resample]") {
    CHECK_THROWS_AS(audio::resampler(0, 16000), error);
    CHECK_THROWS_AS(audio::resampler(16000, -1), error);
    CHECK_THROWS_AS(audio::resampler(1000000, 16000), error);
}
