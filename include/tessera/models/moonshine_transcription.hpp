// Moonshine: a transcript in tokens, without times, of each window of samples.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tessera/audio/quiet.hpp"
#include "tessera/decode/beam.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/beam_defaults.hpp"
#include "tessera/models/generation_defaults.hpp"
#include "tessera/models/transcription.hpp"
#include "tessera/models/wave_config.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What the files of such a model say beside its weights. Immutable, shared by threads.
struct moonshine_speech {
    text::tokenizer words;
    wave_options waves{};
    generation_defaults defaults{};
    decode::beam_options beams{};
};

// Throws errc::missing, errc::format or errc::unsupported, naming the file and the key.
inline moonshine_speech open_moonshine_speech(const checkpoint& files) {
    text::tokenizer words = text::load_tokenizer(files.path);
    const wave_options waves = open_wave_options(files.path);
    const io::json& settings = generation_settings(files);
    try {
        return {std::move(words), waves, read_generation_defaults(settings), read_beam_defaults(settings)};
    } catch (const error& e) {
        throw e.in((std::filesystem::path(files.path) / "generation_config.json").string());
    }
}

// A segment is a window. A long sound is cut where it is quietest in the second half of a window. Refers to the model,
// its files and the executor, which outlive it.
class moonshine_transcription final : public transcription {
public:
    // Throws errc::argument for a language, another task than to transcribe, or a rate or a window out of range; a
    // number of beams below 0 is refused by next().
    moonshine_transcription(const model::language_model& model, const moonshine_speech& files, const io::sound& sound,
                            exec::executor_ref run, const transcribe_options& options = {})
        : files_(&files),
          seed_(options.seed),
          beams_(options.beams == 0 ? files.beams.beams : options.beams),
          window_(window_samples(options.window, files.waves)),
          session_(model, {}, run) {
        require_own_language(options);
        samples_ = samples_of(sound, files.waves);
    }

    // In samples.
    index_t heard() const override { return heard_; }
    index_t length() const override { return index_t(samples_.size()); }

    std::vector<segment> next() override {
        const index_t begin = heard_, end = cut();
        session_.read_frames({samples_.data() + begin, {end - begin, 1}});
        heard_ = end;
        segment s{files_->waves.seconds_of(begin), files_->waves.seconds_of(end), listen(end - begin)};
        s.text = files_->words.decode(s.tokens, {.skip_special = true});
        if (s.text.empty()) return {};
        if (s.text.front() != ' ') s.text.insert(0, 1, ' ');
        return {std::move(s)};
    }

private:
    // Where this window ends. What is left behind it is enough for another.
    index_t cut() const {
        const index_t rest = length() - heard_, least = files_->waves.least();
        if (rest <= window_) return length();
        return audio::quietest(samples_, {heard_ + window_ / 2, heard_ + window_ - least}, least);
    }

    // As many tokens as may be said in so many samples, what a text begins with included: the reference's bound against
    // texts that turn in circles.
    index_t budget(index_t samples) const {
        constexpr double tokens_a_second = 6.5;
        index_t most =
            std::min(session_.context(), static_cast<index_t>(tokens_a_second * files_->waves.seconds_of(samples)));
        if (files_->defaults.length > 0) most = std::min(most, files_->defaults.length);
        return std::max<index_t>(1, most - index_t(session_.model().config().begin_tokens.size()));
    }

    std::vector<token_t> listen(index_t samples) {
        generation_defaults defaults = files_->defaults;
        defaults.most_new = budget(samples);
        std::vector<token_t> said = beams_ != 1 ? search(defaults) : say(defaults);
        const std::vector<token_t>& ends = session_.model().config().end_tokens;
        if (!said.empty() && std::find(ends.begin(), ends.end(), said.back()) != ends.end()) said.pop_back();
        return said;
    }
    std::vector<token_t> search(const generation_defaults& defaults) {
        decode::beam_options options = files_->beams;
        options.beams = beams_;
        options.max_tokens = defaults.most_new;
        return beam_search(session_, {}, options, generation_rules(defaults, {})).front().tokens;
    }
    std::vector<token_t> say(const generation_defaults& defaults) {
        std::vector<token_t> said;
        for (const token_t t :
             generate(session_, {}, {.max_tokens = defaults.most_new}, default_sampler(defaults, seed_)))
            said.push_back(t);
        return said;
    }

    const moonshine_speech* files_;
    std::uint64_t seed_;
    index_t beams_, window_;
    model::session<cache::contiguous> session_;
    std::vector<float> samples_;
    index_t heard_ = 0;
};

}
