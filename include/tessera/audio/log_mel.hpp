// Logarithms of the powers of sound in mel bands, frame by frame: what speech models read.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "tessera/audio/mel.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/ops/fft.hpp"

namespace tessera::inline TESSERA_ABI::audio {

// Whisper's, which preprocessor_config.json may change.
struct log_mel_options {
    index_t rate = 16000;   // samples per second
    index_t window = 400;   // samples of a frame
    index_t hop = 160;      // samples from frame to frame
    index_t features = 80;  // mel bands
    index_t seconds = 30;   // of a piece: shorter ones are filled up with silence

    index_t samples() const { return seconds * rate; }
    index_t frames() const { return samples() / hop; }
};

// Whisper's features: powers under a Hann window about every hop, mirrored at the ends; log₁₀ of their mel bands, at
// most 8 below the largest of the piece; then (x + 4) / 4. In double precision up to the logarithm, because a quiet
// band lies up to 80 dB under a loud one. Immutable, shared by threads.
class log_mel {
public:
    // Throws errc::argument unless every size is at least 1 and a piece is longer than half a window.
    explicit log_mel(const log_mel_options& o = {})
        : options_(checked(o)),
          transform_(o.window),
          filters_({.bands = o.features, .bins = o.window / 2 + 1, .rate = double(o.rate)}) {
        for (index_t i = 0; i < o.window; ++i)
            window_.push_back(0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * double(i) / double(o.window)));
    }

    const log_mel_options& options() const { return options_; }

    // sound: samples at the rate of the options, from -1 to 1; what is longer than a piece is left out. Returns
    // [frames, features].
    tensor<float> operator()(std::span<const float> sound, exec::executor_ref run = exec::inline_execution) const {
        return of_piece(sound, options_.samples(), options_.frames(), 0, run);
    }

    // The same of a whole sound, in frames that any piece of it is a slice of. After them comes a piece of zeros, which
    // is how the reference fills up the last piece of a sound.
    tensor<float> whole(std::span<const float> sound, exec::executor_ref run = exec::inline_execution) const {
        const index_t samples = index_t(sound.size()) + options_.window;
        return of_piece(sound, samples, ceil_div(index_t(sound.size()), options_.hop), options_.frames(), run);
    }

private:
    tensor<float> of_piece(std::span<const float> sound, index_t samples, index_t frames, index_t zeros,
                           exec::executor_ref run) const {
        tensor<float> out({frames + zeros, options_.features});
        if (frames == 0) return out;
        std::vector<float> piece(std::size_t(samples), 0.0f);
        std::copy_n(sound.begin(), std::min(sound.size(), piece.size()), piece.begin());
        run.run(ceil_div(frames, 2), 16, [&](range pairs, index_t) {
            room with(options_);
            for (index_t i = pairs.begin; i < pairs.end; ++i) two_frames(piece, 2 * i, frames, out, with);
        });
        const std::span<float> heard = out.flat().first(std::size_t(frames * options_.features));
        const float largest = *std::max_element(heard.begin(), heard.end());
        for (float& x : heard) x = (std::max(x, largest - 8.0f) + 4.0f) / 4.0f;
        return out;
    }

    // What a worker computes in.
    struct room {
        std::vector<ops::complex> spectrum, scratch;
        std::vector<double> powers, sums;
        explicit room(const log_mel_options& o)
            : spectrum(std::size_t(o.window)),
              scratch(std::size_t(o.window)),
              powers(std::size_t(o.window / 2 + 1)),
              sums(std::size_t(o.features)) {}
    };

    static log_mel_options checked(const log_mel_options& o) {
        const auto wrong = [](const char* what, index_t found) {
            throw error(errc::argument, "features cannot be taken", {.subject = what, .found = std::to_string(found)});
        };
        constexpr index_t most = index_t(1) << 20;
        if (o.rate < 1 || o.rate > most) wrong("rate", o.rate);
        if (o.window < 2 || o.window > most) wrong("window", o.window);
        if (o.hop < 1 || o.hop > most) wrong("hop", o.hop);
        if (o.features < 1 || o.features > 1024) wrong("features", o.features);
        if (o.seconds < 1 || o.seconds > 3600 || o.samples() <= o.window / 2 || o.frames() < 1)
            wrong("seconds", o.seconds);
        return o;
    }

    // The samples of frame i, weighted, as one part of the complex numbers.
    void fill(const std::vector<float>& piece, index_t i, double ops::complex::*part, room& with) const {
        const index_t n = index_t(piece.size()), first = i * options_.hop - options_.window / 2;
        for (index_t t = 0; t < options_.window; ++t) {
            index_t at = std::abs(first + t);
            if (at >= n) at = 2 * (n - 1) - at;
            with.spectrum[std::size_t(t)].*part = window_[std::size_t(t)] * double(piece[std::size_t(at)]);
        }
    }

    // Of real numbers two transforms come out of one: the even part of its result is the first, the odd part the other.
    void two_frames(const std::vector<float>& piece, index_t i, index_t frames, tensor<float>& out, room& with) const {
        const bool second = i + 1 < frames;
        fill(piece, i, &ops::complex::re, with);
        if (second) {
            fill(piece, i + 1, &ops::complex::im, with);
        } else {
            for (ops::complex& x : with.spectrum) x.im = 0.0;
        }
        transform_(with.spectrum, with.scratch);
        write(1.0, &out(i, 0), with);
        if (second) write(-1.0, &out(i + 1, 0), with);
    }

    void write(double sign, float* row, room& with) const {
        const std::size_t n = with.spectrum.size();
        for (std::size_t k = 0; k < with.powers.size(); ++k) {
            const ops::complex a = with.spectrum[k], b = with.spectrum[(n - k) % n];
            const double re = 0.5 * (a.re + sign * b.re), im = 0.5 * (a.im - sign * b.im);
            with.powers[k] = re * re + im * im;
        }
        filters_(with.powers, with.sums);
        for (std::size_t b = 0; b < with.sums.size(); ++b)
            row[b] = static_cast<float>(std::log10(std::max(with.sums[b], 1e-10)));
    }

    log_mel_options options_;
    ops::fft transform_;
    mel_filters filters_;
    std::vector<double> window_;
};

}
