// Whisper: a transcript in tokens, some of which are times, of windows that follow each other.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/audio/log_mel.hpp"
#include "tessera/audio/resample.hpp"
#include "tessera/decode/beam.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/decode/loops.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/models/log_mel_config.hpp"
#include "tessera/models/speech_context.hpp"
#include "tessera/models/speech_segments.hpp"
#include "tessera/models/speech_tokens.hpp"
#include "tessera/models/transcription.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What the files of a speech model say beside its weights. Immutable, shared by threads.
struct whisper_speech {
    text::tokenizer words;
    audio::log_mel features;
    speech_tokens tokens;
    generation_defaults defaults;
};

// Throws errc::missing, errc::format or errc::unsupported, naming the file and the key.
inline whisper_speech open_whisper_speech(const checkpoint& files) {
    const io::json& settings = generation_settings(files);
    text::tokenizer words = text::load_tokenizer(files.path);
    audio::log_mel features(open_log_mel_options(files.path));
    try {
        return {std::move(words), std::move(features), read_speech_tokens(settings),
                read_generation_defaults(settings)};
    } catch (const error& e) {
        throw e.in((std::filesystem::path(files.path) / "generation_config.json").string());
    }
}

// Refers to the model, its files and the executor, which outlive it.
class whisper_transcription final : public transcription {
public:
    // Throws errc::argument for a language or task that the model does not know, tokens outside its vocabulary or a
    // rate out of range, errc::shape for features that it does not read.
    whisper_transcription(const model::language_model& model, const whisper_speech& files, const io::sound& sound,
                          exec::executor_ref run, transcribe_options options = {})
        : files_(&files), options_(std::move(options)), session_(model, {}, run) {
        check();
        const audio::log_mel_options& o = files.features.options();
        const std::vector<float> samples = audio::resampler(sound.rate, o.rate)(sound.samples);
        features_ = files.features.whole(samples, run);
        frames_ = features_.extent(0) - o.frames();
    }

    // In frames of sound.
    index_t heard() const override { return at_; }
    index_t length() const override { return frames_; }
    // What is spoken; empty before the first window when the options do not say, and for a model of one language.
    const std::string& language() const { return options_.language; }

    std::vector<segment> next() override {
        const index_t window = files_->features.options().frames(), here = std::min(window, frames_ - at_);
        session_.read_frames(features_.view().slice({at_, at_ + window}));
        const decode::hypothesis said = listen();
        const index_t steps = ceil_div(here, frames_of_a_step);
        window_transcript heard{.heard = steps};
        if (!is_silence(said)) heard = cut_at_times(said.tokens, files_->tokens.first_time(), steps);
        if (is_doubtful(said)) context_.forget();
        std::vector<segment> all;
        for (timed_tokens& t : heard.segments) {
            if (!is_doubtful(said)) context_.add(t, files_->tokens, options_.timestamps);
            all.push_back(placed(std::move(t)));
        }
        at_ = std::min(at_ + frames_of_a_step * heard.heard, frames_);
        return all;
    }

private:
    static constexpr index_t frames_of_a_step = 2;  // as many as the encoder makes one row of
    static constexpr index_t most_used_beams = 5;

    // Refuses now what would be refused at the first window.
    void check() const {
        const speech_tokens& t = files_->tokens;
        const model::frame_shape reads = session_.model().source_frames();
        const audio::log_mel_options& o = files_->features.options();
        if (reads.frames != o.frames() || reads.features != o.features)
            throw error(errc::shape, "the model does not read these frames of sound",
                        {.expected = std::to_string(reads.frames) + " × " + std::to_string(reads.features),
                         .found = std::to_string(o.frames()) + " × " + std::to_string(o.features)});
        std::vector<token_t> all{t.start, t.end, t.no_timestamps, std::max(t.previous, 0)};
        for (const speech_tokens::names* names : {&t.languages, &t.tasks})
            for (const auto& [name, token] : *names) all.push_back(token);
        session_.check(all);
        const bool unknown = options_.language.empty() && !t.languages.empty();
        speech_prompt(t, {unknown ? t.languages.front().first : options_.language, options_.task});
    }

    // Runs the first token, whose logits tell of silence and language, and then the rest.
    decode::hypothesis listen() {
        std::vector<token_t> prompt;
        if (options_.context) prompt = context_.prompt(files_->tokens, session_.context());
        prompt.push_back(files_->tokens.start);
        session_.prefill(prompt);
        const std::span<const float> first = session_.logits();
        no_speech_ = std::exp(sample::log_probability(first, files_->tokens.no_speech()));
        if (options_.language.empty()) options_.language = likeliest_language(first);
        prompt.pop_back();
        const auto wanted = speech_prompt(files_->tokens, {options_.language, options_.task, options_.timestamps});
        prompt.insert(prompt.end(), wanted.begin(), wanted.end());
        decode::hypothesis said = try_temperatures(prompt);
        if (!said.tokens.empty() && said.tokens.back() == files_->tokens.end) said.tokens.pop_back();
        return said;
    }

    decode::hypothesis try_temperatures(std::span<const token_t> prompt) {
        const auto rules = generation_rules(files_->defaults, {}) | times();
        decode::hypothesis said = options_.beams != 1 ? search(prompt, rules) : say(prompt, rules | sample::greedy{});
        for (const float t : options_.temperatures) {
            if (is_silence(said) || !is_doubtful(said)) break;
            said = say(prompt, rules | sample::temperature(t) | sample::draw{options_.seed});
        }
        return said;
    }

    bool is_doubtful(const decode::hypothesis& said) const {
        return said.score < options_.sure || decode::loops(said.tokens);
    }

    std::string likeliest_language(std::span<const float> logits) const {
        const speech_tokens::names& all = files_->tokens.languages;
        const auto less = [&](const auto& a, const auto& b) {
            return logits[std::size_t(a.second)] < logits[std::size_t(b.second)];
        };
        return all.empty() ? std::string() : std::max_element(all.begin(), all.end(), less)->first;
    }

    template <class Rules>
    decode::hypothesis search(std::span<const token_t> prompt, const Rules& rules) {
        session_.truncate(0);
        const index_t room = session_.context() - index_t(prompt.size());
        const decode::beam_options beams{.beams = options_.beams == 0 ? most_used_beams : options_.beams,
                                         .early_stopping = decode::early_stopping::yes,
                                         .max_tokens = room};
        return beam_search(session_, prompt, beams, rules).front();
    }

    // What the sampler chooses after the prompt, with the mean log-probability of a token.
    template <class Sampler>
    decode::hypothesis say(std::span<const token_t> prompt, Sampler sampler) {
        constexpr std::size_t look = 64;  // tokens from one look for circles to the next
        session_.truncate(0);
        decode::hypothesis said;
        double sum = 0.0;
        for (const auto& g : generate(session_, prompt, {.log_probabilities = true}, std::move(sampler))) {
            said.tokens.push_back(g.token);
            sum += double(g.log_probability);
            if (said.tokens.size() % look == 0 && decode::loops(said.tokens)) break;
        }
        said.score = decode::length_normalised(sum, std::max<index_t>(1, index_t(said.tokens.size())), 1.0f);
        return said;
    }

    sample::timestamps times() const {
        sample::timestamps rules = timestamp_rules(files_->tokens);
        if (!options_.timestamps) rules.first = std::numeric_limits<token_t>::max();
        return rules;
    }

    bool is_silence(const decode::hypothesis& said) const {
        return no_speech_ > options_.silence && said.score < options_.sure;
    }

    double seconds_of(index_t frames) const {
        const audio::log_mel_options& o = files_->features.options();
        return double(frames * o.hop) / double(o.rate);
    }
    segment placed(timed_tokens t) const {
        const auto seconds = [&](index_t step) { return seconds_of(std::min(at_ + frames_of_a_step * step, frames_)); };
        std::string text = files_->words.decode(t.words, {.skip_special = true});
        return {seconds(t.begin), seconds(t.end), std::move(t.words), std::move(text)};
    }

    const whisper_speech* files_;
    transcribe_options options_;
    model::session<cache::contiguous> session_;
    tensor<float> features_;  // [frames and a window, features]
    index_t frames_ = 0, at_ = 0;
    speech_context context_;
    float no_speech_ = 0.0f;
};

}
