// What a speech model writes down of one sound, whatever kind of model it is: segments with times, window after window.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/io/wav.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct transcribe_options {
    std::string language{};           // "en" …; empty: the most probable one of the first window
    std::string task = "transcribe";  // or "translate", into English
    bool timestamps = true;           // false: no times within a window
    index_t beams = 0;                // 1: the most probable token each time; 0: as the kind of model is mostly used
    bool context = true;              // the model is told what was said before, unless that was doubtful
    // What turns in circles or is less sure than `sure`, the mean log-probability of a token, is said anew with these
    // temperatures, one after the other.
    std::vector<float> temperatures{0.2f, 0.4f, 0.6f, 0.8f, 1.0f};
    std::uint64_t seed = 0;
    float sure = -1.0f;
    float silence =
        0.6f;  // a window is left out that is silent with more than this probability, unless the model is sure
    double window = 20.0;                 // seconds heard at once by a model of samples
    progress_ref progress = no_progress;  // in steps of the sound
};

struct segment {
    double begin = 0.0, end = 0.0;  // seconds from the beginning of the sound
    std::vector<token_t> tokens{};  // words alone
    std::string text{};             // mostly begins with a space
};

// A transcript that grows by a window at a time.
class transcription {
public:
    virtual ~transcription() = default;

    // Steps of the sound, frames or samples, that were heard, and all of them.
    virtual index_t heard() const = 0;
    virtual index_t length() const = 0;
    bool done() const { return heard() >= length(); }

    // The segments of the next window, which may be none. Only while not done().
    virtual std::vector<segment> next() = 0;

protected:
    transcription() = default;
    transcription(const transcription&) = default;
    transcription& operator=(const transcription&) = default;
};

// A speech model with what its files say beside the weights. Immutable, shared by threads.
class listener {
public:
    virtual ~listener() = default;

    // The transcription refers to the listener and the executor, which outlive it. Throws errc::argument for options
    // that the model does not know or a rate out of range.
    virtual std::unique_ptr<transcription> listen(const io::sound& sound, exec::executor_ref run,
                                                  transcribe_options options = {}) const = 0;

protected:
    listener() = default;
    listener(const listener&) = default;
    listener& operator=(const listener&) = default;
};

// Of a kind of model, which outlives it: Transcription(model, files, sound, run, options).
template <class Transcription, class Model, class Files>
class listener_of final : public listener {
public:
    listener_of(const Model& model, Files files) : model_(&model), files_(std::move(files)) {}

    std::unique_ptr<transcription> listen(const io::sound& sound, exec::executor_ref run,
                                          transcribe_options options = {}) const override {
        return std::make_unique<Transcription>(*model_, files_, sound, run, std::move(options));
    }

private:
    const Model* model_;
    Files files_;
};

template <class Transcription, class Model, class Files>
std::unique_ptr<listener> make_listener(const Model& model, Files files) {
    return std::make_unique<listener_of<Transcription, Model, Files>>(model, std::move(files));
}

// Throws errc::argument for wishes that only a model with tokens for languages and tasks can fulfil.
inline void require_own_language(const transcribe_options& o) {
    const auto refuse = [](const char* what, const std::string& found) {
        throw error(errc::argument, "the model writes what it hears in the language that it knows",
                    {.subject = what, .found = found});
    };
    if (!o.language.empty()) refuse("language", o.language);
    if (o.task != "transcribe") refuse("task", o.task);
}

// All segments that are still to come. Throws errc::cancelled when `progress` says stop.
inline std::vector<segment> rest_of(transcription& grows, progress_ref progress = no_progress) {
    std::vector<segment> all;
    while (!grows.done()) {
        for (segment& s : grows.next()) all.push_back(std::move(s));
        report(progress, grows.heard(), grows.length());
    }
    return all;
}

}
