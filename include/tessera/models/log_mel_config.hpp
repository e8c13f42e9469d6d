// What preprocessor_config.json says of the features that a speech model reads.
#pragma once

#include <filesystem>
#include <string>

#include "tessera/audio/log_mel.hpp"
#include "tessera/io/json.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/models/preprocessor.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Throws errc::unsupported for other features than Whisper's, errc::format for sizes out of range.
inline audio::log_mel_options read_log_mel_options(const io::json& c) {
    require_option<std::string>(c, "feature_extractor_type", "WhisperFeatureExtractor");
    require_option(c, "dither", 0.0);
    require_option(c, "do_normalize", false);
    const audio::log_mel_options otherwise;
    return {.rate = size_key(c, "sampling_rate", otherwise.rate),
            .window = size_key(c, "n_fft", otherwise.window),
            .hop = size_key(c, "hop_length", otherwise.hop),
            .features = size_key(c, "feature_size", otherwise.features),
            .seconds = size_key(c, "chunk_length", otherwise.seconds)};
}

// Of the directory of a model.
inline audio::log_mel_options open_log_mel_options(const std::filesystem::path& directory) {
    return read_preprocessor(directory, read_log_mel_options);
}

}
