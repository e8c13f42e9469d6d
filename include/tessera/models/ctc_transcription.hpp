// Models for connectionist temporal classification: each row of scores has its time, and so has each word.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tessera/decode/ctc.hpp"
#include "tessera/model/encode.hpp"
#include "tessera/models/checkpoint.hpp"
#include "tessera/models/letters.hpp"
#include "tessera/models/transcription.hpp"
#include "tessera/models/wave_config.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What the files of such a model say beside its weights. Immutable, shared by threads.
struct ctc_speech {
    wave_options waves{};
    models::letters letters{};
};

// Throws errc::missing, errc::format or errc::unsupported, naming the file and the key.
inline ctc_speech open_ctc_speech(const checkpoint& files) {
    models::letters letters = open_letters(files.path);
    return {open_wave_options(files.path), std::move(letters)};
}

// A segment is a word. The best label of each row counts. A long sound is heard in windows that overlap, and up to the
// middle of an overlap the rows of the earlier one count: a tenth of a window at each of its ends is context alone.
// Refers to the model, its files and the executor, which outlive it.
class ctc_transcription final : public transcription {
public:
    // Throws errc::argument for a language, another task than to transcribe, beams, or a rate or a window out of range.
    ctc_transcription(const model::encoder_model& model, const ctc_speech& files, const io::sound& sound,
                      exec::executor_ref run, const transcribe_options& options = {})
        : model_(&model), files_(&files), run_(run), labels_(files.letters.blank) {
        require_own_language(options);
        if (options.beams != 0 && options.beams != 1)
            throw error(errc::argument, "the labels of rows are chosen one by one",
                        {.subject = "beams", .expected = "1", .found = std::to_string(options.beams)});
        samples_ = samples_of(sound, files.waves);
        hop_ = samples_of_a_row(model);
        window_ = window_samples(options.window, files.waves);
        window_rows_ = model.rows_of(window_);
        margin_ = window_rows_ / 10;
        if (margin_ < 1)
            throw error(errc::argument, "a window needs more rows",
                        {.expected = "10 at least", .found = std::to_string(window_rows_)});
    }

    // In samples.
    index_t heard() const override { return heard_; }
    index_t length() const override { return index_t(samples_.size()); }

    std::vector<segment> next() override {
        const index_t first = std::max<index_t>(0, labels_.rows() - margin_), begin = first * hop_;
        const index_t end = std::min(begin + window_, length());
        const view<const float> samples(samples_.data() + begin, {end - begin, 1});
        const tensor<float> logits = encode_frames(*model_, samples, run_).logits;
        const bool last = end == length();
        const index_t to = last ? logits.extent(0) : window_rows_ - margin_;
        labels_.read(logits.view().slice({labels_.rows() - first, to}));
        heard_ = last ? length() : (first + to) * hop_;
        return last ? words_of(labels_.take(labels_.said().size())) : words_of(labels_.take(whole_words()));
    }

private:
    // The strides of the convolutions all together: what many samples are to their rows.
    static index_t samples_of_a_row(const model::encoder_model& model) {
        constexpr index_t many = index_t(1) << 40;
        return static_cast<index_t>(std::llround(double(many) / double(model.rows_of(many))));
    }

    // How many labels stand before the last delimiter, after which a word may go on.
    std::size_t whole_words() const {
        const auto& said = labels_.said();
        for (std::size_t n = said.size(); n-- > 0;)
            if (said[n].token == files_->letters.delimiter) return n;
        return 0;
    }

    std::vector<segment> words_of(const std::vector<decode::timed_token>& said) const {
        std::vector<segment> all;
        bool begins = true;
        for (const decode::timed_token& t : said) {
            const auto found = files_->letters.of.find(t.token);
            if (found != files_->letters.of.end()) {
                if (std::exchange(begins, false)) all.push_back({.begin = seconds_of(t.begin), .text = " "});
                all.back().end = seconds_of(t.end);
                all.back().tokens.push_back(t.token);
                all.back().text += found->second;
            }
            begins = begins || t.token == files_->letters.delimiter;
        }
        return all;
    }
    double seconds_of(index_t row) const { return files_->waves.seconds_of(std::min(row * hop_, length())); }

    const model::encoder_model* model_;
    const ctc_speech* files_;
    exec::executor_ref run_;
    decode::ctc_labels labels_;
    std::vector<float> samples_;
    index_t hop_ = 1;                                    // samples from a row to the next
    index_t window_ = 0, window_rows_ = 0, margin_ = 0;  // samples, their rows, and those of context
    index_t heard_ = 0;
};

}
