// Sound to text with times, by whichever kind of speech model a directory holds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tessera/models/ctc_transcription.hpp"
#include "tessera/models/moonshine_transcription.hpp"
#include "tessera/models/whisper_transcription.hpp"

namespace tessera::inline TESSERA_ABI::models {

namespace detail {

[[noreturn]] inline void refuse_silent(const checkpoint& files) {
    throw error(errc::unsupported, "the model reads no sound", {.file = std::string(files.path)});
}

}

// What an encoder-decoder, which outlives it, hears. Throws errc::unsupported for a model that reads no sound;
// errc::missing, errc::format and errc::unsupported, naming the file and the key, for what its files say.
inline std::unique_ptr<listener> open_listener(const checkpoint& files, const model::language_model& model) {
    if (model.source_frames().features == 0) detail::refuse_silent(files);
    if (model.source_frames().features == 1)
        return make_listener<moonshine_transcription>(model, open_moonshine_speech(files));
    return make_listener<whisper_transcription>(model, open_whisper_speech(files));
}

// The same of an encoder that stands alone.
inline std::unique_ptr<listener> open_listener(const checkpoint& files, const model::encoder_model& model) {
    if (model.source_frames().features != 1) detail::refuse_silent(files);
    return make_listener<ctc_transcription>(model, open_ctc_speech(files));
}

// All segments of a sound. Throws as listener::listen, and errc::cancelled when `progress` says stop.
inline std::vector<segment> transcribe(const listener& ear, const io::sound& sound, exec::executor_ref run,
                                       const transcribe_options& options = {}) {
    return rest_of(*ear.listen(sound, run, options), options.progress);
}

}
