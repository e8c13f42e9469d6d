// The frequencies of rotary positions (Su et al. 2021), and the ways in which models stretch them to longer contexts.
//
// Computed in float where the reference implementation (transformers) computes in float, so that they agree to the last
// place or nearly.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::position {

enum class rope_scaling {
    none,
    linear,        // all frequencies divided by factor
    dynamic,       // a larger base when the planned length is beyond the original one ("NTK-aware")
    yarn,          // high frequencies kept, low ones divided, a ramp between (Peng et al. 2023)
    llama3,        // the same by wavelength
    longrope,      // a factor for each frequency, short or long by the planned length (Ding et al. 2024)
    proportional,  // frequencies of the full head, the later ones zero
};

struct rope_options {
    index_t dim = 0;           // dimensions that turn, the first of each head; even
    double theta = 10000.0;    // base of the wavelengths
    bool interleaved = false;  // pairs (2i, 2i + 1) as in GPT-J; else (i, i + dim / 2) as in GPT-NeoX
    bool backwards = false;    // turned the other way round
    rope_scaling scaling = rope_scaling::none;
    double factor = 1.0;
    index_t original_length = 0;  // positions seen in training
    // dynamic and longrope depend on the length of the text. Keys that are cached cannot be turned again, so the length
    // is that of the context one plans for, fixed here; 0 stands for no more than the original one.
    index_t planned_length = 0;
    double attention_factor = 0.0;              // on cos and sin; 0: derived as the method says
    double beta_fast = 32.0, beta_slow = 1.0;   // yarn: turns over the original length where the ramp ends, begins
    double mscale = 0.0, mscale_all_dim = 0.0;  // yarn: for the derived attention factor; 0: absent
    bool truncate = true;                       // yarn: the ramp's ends are whole dimensions
    double low_frequency = 1.0, high_frequency = 4.0;    // llama3: the same two ends, in turns
    std::vector<float> short_factors{}, long_factors{};  // longrope: [dim / 2]
    index_t turning = 0;                                 // proportional: dimensions with a frequency other than zero
};

inline rope_scaling rope_scaling_from(std::string_view name) {
    if (name.empty() || name == "default" || name == "none" || name == "mrope") return rope_scaling::none;
    if (name == "linear") return rope_scaling::linear;
    if (name == "dynamic") return rope_scaling::dynamic;
    if (name == "yarn") return rope_scaling::yarn;
    if (name == "llama3") return rope_scaling::llama3;
    if (name == "longrope" || name == "su") return rope_scaling::longrope;
    if (name == "proportional") return rope_scaling::proportional;
    throw error(errc::unsupported, "no such scaling of rotary positions",
                {.subject = "rope_type",
                 .expected = "default, linear, dynamic, yarn, llama3, longrope or proportional",
                 .found = std::string(name)});
}

inline constexpr index_t most_rotary_dimensions = 1024;

// Throws unless every number is in the range that its formula needs.
inline void check(const rope_options& o) {
    const auto need = [](bool holds, const char* subject, const char* expected, const std::string& found) {
        if (!holds)
            throw error(errc::argument, "rotary positions", {.subject = subject, .expected = expected, .found = found});
    };
    using s = rope_scaling;
    const auto is = [&](auto... any) { return ((o.scaling == any) || ...); };
    const auto positive = [](double x) { return std::isfinite(x) && x > 0.0; };
    need(o.dim > 0 && o.dim % 2 == 0 && o.dim <= most_rotary_dimensions, "rotary dimensions",
         "an even number up to 1024", std::to_string(o.dim));
    need(positive(o.theta), "rope_theta", "a positive number", std::to_string(o.theta));
    need(positive(o.factor), "factor", "a positive number", std::to_string(o.factor));
    need(std::isfinite(o.attention_factor), "attention_factor", "a finite number", std::to_string(o.attention_factor));
    need(o.original_length > (is(s::longrope) ? 1 : 0) || is(s::none, s::linear, s::proportional), "original length",
         "a positive number", std::to_string(o.original_length));
    need(o.dim > 2 || !is(s::dynamic), "rotary dimensions", "more than 2", std::to_string(o.dim));
    need(!is(s::yarn) || (o.theta > 1.0 && positive(o.beta_fast) && positive(o.beta_slow)), "yarn",
         "a base above 1 and positive betas", std::to_string(o.theta));
    need(!is(s::llama3) || (positive(o.low_frequency) && o.high_frequency > o.low_frequency), "high_freq_factor",
         "more than low_freq_factor, which is positive", std::to_string(o.high_frequency));
    const std::size_t pairs = std::size_t(o.dim / 2);
    need(!is(s::longrope) || (o.short_factors.size() == pairs && o.long_factors.size() == pairs),
         "short_factor, long_factor", "a factor for each pair of dimensions",
         std::to_string(o.short_factors.size()) + " and " + std::to_string(o.long_factors.size()));
    need(!is(s::proportional) || (o.turning >= 0 && o.turning <= o.dim), "turning dimensions", "at most all of them",
         std::to_string(o.turning));
}

// YaRN's factor for positions that are stretched so much: 0.1 · weight · ln(factor) + 1 (Peng et al. 2023,
// section 3.4).
inline double yarn_mscale(double factor, double weight) {
    return factor <= 1.0 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0;
}

// What cos and sin are multiplied by.
inline float attention_factor(const rope_options& o) {
    if (o.attention_factor != 0.0) return static_cast<float>(o.attention_factor);
    const auto mscale = [&](double weight) { return yarn_mscale(o.factor, weight); };
    if (o.scaling == rope_scaling::yarn) {
        const bool both = o.mscale != 0.0 && o.mscale_all_dim != 0.0;
        return static_cast<float>(both ? mscale(o.mscale) / mscale(o.mscale_all_dim) : mscale(1.0));
    }
    if (o.scaling == rope_scaling::longrope && o.factor > 1.0)
        return static_cast<float>(std::sqrt(1.0 + std::log(o.factor) / std::log(double(o.original_length))));
    return 1.0f;
}

namespace frequencies {

// base^(2i / dim) for i in [0, pairs).
inline std::vector<float> powers(double base, index_t dim, index_t pairs) {
    std::vector<float> p;
    for (index_t i = 0; i < pairs; ++i) {
        const float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
        p.push_back(static_cast<float>(std::pow(double(static_cast<float>(base)), double(exponent))));
    }
    return p;
}

inline double dynamic_base(const rope_options& o) {
    const double original = double(o.original_length), length = double(std::max(o.planned_length, o.original_length));
    const double stretch = o.factor * length / original - (o.factor - 1.0);
    return o.theta * std::pow(stretch, double(o.dim) / double(o.dim - 2));
}

// The dimension that makes `turns` turns over the original length.
inline double dimension_of(double turns, const rope_options& o) {
    return double(o.dim) * std::log(double(o.original_length) / (turns * 2.0 * std::numbers::pi)) /
           (2.0 * std::log(o.theta));
}

inline void yarn(std::vector<float>& f, const std::vector<float>& powers, const rope_options& o) {
    double low = dimension_of(o.beta_fast, o), high = dimension_of(o.beta_slow, o);
    if (o.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, double(o.dim - 1));
    if (low == high) high += 0.001;
    for (std::size_t i = 0; i < f.size(); ++i) {
        const float along = (static_cast<float>(i) - static_cast<float>(low)) / static_cast<float>(high - low);
        const float kept = 1.0f - std::clamp(along, 0.0f, 1.0f);
        f[i] = 1.0f / (static_cast<float>(o.factor) * powers[i]) * (1.0f - kept) + f[i] * kept;
    }
}

inline void llama3(std::vector<float>& f, const rope_options& o) {
    const float longest = static_cast<float>(double(o.original_length) / o.low_frequency);
    const float shortest = static_cast<float>(double(o.original_length) / o.high_frequency);
    const float factor = static_cast<float>(o.factor), low = static_cast<float>(o.low_frequency);
    for (float& x : f) {
        const float wavelength = static_cast<float>(2.0 * std::numbers::pi) / x;
        if (wavelength < shortest) continue;
        if (wavelength > longest) {
            x /= factor;
            continue;
        }
        const float turns = static_cast<float>(o.original_length) / wavelength;
        const float kept = (turns - low) / static_cast<float>(o.high_frequency - o.low_frequency);
        x = (1.0f - kept) * x / factor + kept * x;
    }
}

}

// Radians per position of each pair of dimensions: [dim / 2].
inline std::vector<float> inverse_frequencies(const rope_options& o) {
    check(o);
    const bool dynamic = o.scaling == rope_scaling::dynamic;
    const std::vector<float> p =
        frequencies::powers(dynamic ? frequencies::dynamic_base(o) : o.theta, o.dim, o.dim / 2);
    std::vector<float> f(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) f[i] = 1.0f / p[i];
    switch (o.scaling) {
        case rope_scaling::none:
        case rope_scaling::dynamic: break;
        case rope_scaling::proportional: std::fill(f.begin() + o.turning / 2, f.end(), 0.0f); [[fallthrough]];
        case rope_scaling::linear:
            for (float& x : f) x /= static_cast<float>(o.factor);
            break;
        case rope_scaling::yarn: frequencies::yarn(f, p, o); break;
        case rope_scaling::llama3: frequencies::llama3(f, o); break;
        case rope_scaling::longrope: {
            const std::vector<float>& by = o.planned_length > o.original_length ? o.long_factors : o.short_factors;
            for (std::size_t i = 0; i < f.size(); ++i) f[i] = 1.0f / (by[i] * p[i]);
            break;
        }
    }
    return f;
}

}
