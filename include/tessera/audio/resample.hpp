// Sound at one rate as sound at another.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/types.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::audio {

// A low-pass filter, sin(πx) / πx under a Hann window of 32 crossings of zero to each side, taken at the times of the
// samples wanted. What lies above half of the lower rate goes.
class resampler {
public:
    // Samples per second. Throws errc::argument for rates that are not from 1000 to 384000.
    resampler(index_t from, index_t to) : up_(to / std::gcd(from, to)), down_(from / std::gcd(from, to)) {
        for (const index_t rate : {from, to})
            if (rate < 1000 || rate > 384000)
                throw error(errc::argument, "no such sampling rate here",
                            {.expected = "1000 to 384000 Hz", .found = std::to_string(rate)});
        cutoff_ = std::min(1.0, double(up_) / double(down_));
        reach_ = static_cast<index_t>(std::ceil(crossings / cutoff_));
    }

    // x: [samples]. Returns as many samples as last the same time, rounded up.
    std::vector<float> operator()(std::span<const float> x) const {
        if (up_ == down_) return {x.begin(), x.end()};
        std::vector<float> y(std::size_t(ceil_div(index_t(x.size()) * up_, down_)));
        std::vector<float> taps;
        for (index_t phase = 0; phase < std::min(up_, index_t(y.size())); ++phase) {
            const index_t offset = phase * down_ % up_;
            fill_taps(double(offset) / double(up_), taps);
            for (index_t i = phase; i < index_t(y.size()); i += up_)
                y[std::size_t(i)] = sum(x, i * down_ / up_ - reach_ + 1, taps);
        }
        return y;
    }

private:
    static constexpr double crossings = 32.0;

    // Of the samples from reach - 1 before to reach after, for a time so much later than a sample. Their sum is 1.
    void fill_taps(double later, std::vector<float>& taps) const {
        const auto tap = [&](index_t j) { return kernel((double(j + 1 - reach_) - later) * cutoff_); };
        double all = 0.0;
        for (index_t j = 0; j < 2 * reach_; ++j) all += tap(j);
        taps.clear();
        for (index_t j = 0; j < 2 * reach_; ++j) taps.push_back(static_cast<float>(tap(j) / all));
    }
    static double kernel(double x) {
        if (x == 0.0) return 1.0;
        if (std::fabs(x) >= crossings) return 0.0;
        const double angle = std::numbers::pi * x;
        return std::sin(angle) / angle * (0.5 + 0.5 * std::cos(angle / crossings));
    }

    static float sum(std::span<const float> x, index_t first, const std::vector<float>& taps) {
        const index_t begin = std::max<index_t>(0, -first);
        const index_t n = std::min(index_t(taps.size()), index_t(x.size()) - first) - begin;
        const float *tap = taps.data() + begin, *sample = x.data() + first + begin;
        return static_cast<float>(simd::sum_over(n, [&](simd::floats s, index_t i, index_t k) {
            return simd::fmadd(simd::load_up_to(tap + i, k), simd::load_up_to(sample + i, k), s);
        }));
    }

    index_t up_, down_;
    double cutoff_;  // in halves of the given rate
    index_t reach_;  // samples to each side
};

}
