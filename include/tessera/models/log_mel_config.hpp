// What preprocessor_config.json says of the features that a speech model reads.
#pragma once

#include <filesystem>
#include <string>

#include "tessera/audio/log_mel.hpp"
#include "tessera/io/json.hpp"
#include "tessera/models/config_keys.hpp"

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

// Of the directory of a model: preprocessor_config.json, or the part about sound of processor_config.json.
inline audio::log_mel_options open_log_mel_options(const std::filesystem::path& directory) {
    const std::filesystem::path whole = directory / "processor_config.json",
                                own = directory / "preprocessor_config.json";
    const bool nested = !std::filesystem::exists(own) && std::filesystem::exists(whole);
    const std::string path = (nested ? whole : own).string();
    try {
        const io::json file = io::read_json(path);
        return read_log_mel_options(nested ? file.at("feature_extractor") : file);
    } catch (const error& e) {
        throw e.in(path);
    }
}

}
