// Filters that sum the powers of a spectrum into bands of equal width on the mel scale.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::audio {

// Slaney's scale: linear up to 1000 Hz, which is 15 mel, and logarithmic above, 27 mel for a factor of 6.4.
inline double mel_of(double hertz) {
    return hertz < 1000.0 ? hertz * 3.0 / 200.0 : 15.0 + std::log(hertz / 1000.0) * 27.0 / std::log(6.4);
}
inline double hertz_of(double mel) {
    return mel < 15.0 ? mel * 200.0 / 3.0 : 1000.0 * std::exp((mel - 15.0) * std::log(6.4) / 27.0);
}

struct mel_options {
    index_t bands = 80;
    index_t bins = 201;       // of the spectrum, from 0 Hz to half the rate
    double rate = 16000.0;    // samples per second
    double highest = 8000.0;  // Hz, the end of the last band
};

// Triangles over neighbouring bands, each of area 1 (Slaney's norm).
class mel_filters {
public:
    // Throws errc::argument when there are no bands or fewer than two bins.
    explicit mel_filters(const mel_options& o) : bins_(o.bins) {
        if (o.bands < 1 || o.bins < 2)
            throw error(errc::argument, "no mel filters of this size",
                        {.expected = "a band and two bins at least",
                         .found = std::to_string(o.bands) + " bands, " + std::to_string(o.bins) + " bins"});
        const auto edge = [&](index_t i) { return hertz_of(mel_of(o.highest) * double(i) / double(o.bands + 1)); };
        for (index_t b = 0; b < o.bands; ++b)
            filters_.push_back(triangle({edge(b), edge(b + 1), edge(b + 2)}, o.rate / 2.0 / double(o.bins - 1)));
    }

    index_t bands() const { return index_t(filters_.size()); }

    // powers: [bins]; sums: [bands].
    void operator()(std::span<const double> powers, std::span<double> sums) const {
        for (std::size_t b = 0; b < filters_.size(); ++b) {
            sums[b] = 0.0;
            for (std::size_t i = 0; i < filters_[b].weights.size(); ++i)
                sums[b] += filters_[b].weights[i] * powers[std::size_t(filters_[b].first) + i];
        }
    }

private:
    struct filter {
        index_t first = 0;  // bin of the first weight
        std::vector<double> weights;
    };
    struct edges {
        double left, middle, right;  // Hz
    };

    filter triangle(const edges& e, double hertz_per_bin) const {
        filter f;
        for (index_t bin = 0; bin < bins_; ++bin) {
            const double at = double(bin) * hertz_per_bin;
            const double height = std::min((at - e.left) / (e.middle - e.left), (e.right - at) / (e.right - e.middle));
            if (height <= 0.0) continue;
            if (f.weights.empty()) f.first = bin;
            f.weights.push_back(height * 2.0 / (e.right - e.left));
        }
        return f;
    }

    index_t bins_;
    std::vector<filter> filters_;
};

}
