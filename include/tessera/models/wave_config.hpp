// What preprocessor_config.json says of the samples that a speech model reads as they are.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tessera/audio/resample.hpp"
#include "tessera/io/wav.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/models/preprocessor.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct wave_options {
    index_t rate = 16000;    // samples per second
    bool normalised = true;  // the sound gets the mean 0 and the variance 1

    index_t samples_in(double seconds) const { return static_cast<index_t>(std::lround(seconds * double(rate))); }
    // A window has as many at least, so that the convolutions find enough.
    index_t least() const { return samples_in(0.1); }
    double seconds_of(index_t samples) const { return double(samples) / double(rate); }
};

// Throws errc::unsupported for other features than samples.
inline wave_options read_wave_options(const io::json& c) {
    require_option<std::string>(c, "feature_extractor_type", "Wav2Vec2FeatureExtractor");
    require_option(c, "feature_size", std::int64_t(1));
    const wave_options otherwise;
    return {.rate = size_key(c, "sampling_rate", otherwise.rate),
            .normalised = c.get_or("do_normalize", otherwise.normalised)};
}

inline wave_options open_wave_options(const std::filesystem::path& directory) {
    return read_preprocessor(directory, read_wave_options);
}

// The mean 0 and the variance 1; the small number keeps silence silent.
inline void normalise(std::vector<float>& samples) {
    constexpr double tiny = 1e-7;
    double sum = 0.0, squares = 0.0;
    for (const float x : samples) sum += double(x);
    const double mean = sum / std::max(1.0, double(samples.size()));
    for (const float x : samples) squares += (double(x) - mean) * (double(x) - mean);
    const double scale = 1.0 / std::sqrt(squares / std::max(1.0, double(samples.size())) + tiny);
    for (float& x : samples) x = static_cast<float>((double(x) - mean) * scale);
}

// Samples of a window of so many seconds. Throws errc::argument when it is out of range.
inline index_t window_samples(double seconds, const wave_options& o) {
    constexpr double shortest = 0.5, longest = 600.0;
    if (!(seconds >= shortest && seconds <= longest))
        throw error(errc::argument, "no such window here",
                    {.subject = "window", .expected = "0.5 to 600 seconds", .found = std::to_string(seconds)});
    return o.samples_in(seconds);
}

// The samples that the model reads of a sound. Whole sounds are normalised, so that windows are as loud as each other;
// what is shorter than the least that may be heard goes on in silence. Throws errc::argument for a rate out of range.
inline std::vector<float> samples_of(const io::sound& sound, const wave_options& o) {
    std::vector<float> samples = audio::resampler(sound.rate, o.rate)(sound.samples);
    if (o.normalised) normalise(samples);
    if (!samples.empty()) samples.resize(std::max(samples.size(), std::size_t(o.least())));
    return samples;
}

}
