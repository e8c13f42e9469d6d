// Mirostat: draws tokens so that their surprise stays near a target (Basu et al. 2021, versions 1 and 2).
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/log_probability.hpp"
#include "tessera/sample/top_k.hpp"

namespace tessera::inline TESSERA_ABI::sample {

struct mirostat_options {
    float surprise = 5.0f;  // the target τ, in bits
    float rate = 0.1f;      // η: how fast the limit follows the error
    std::uint64_t seed = 0;
};

// The limit μ on surprise, which every token drawn corrects. The surprise of a token is that among the tokens left, as
// in llama.cpp.
class surprise_limit {
public:
    // Throws errc::argument unless surprise > 0 and rate >= 0.
    explicit surprise_limit(mirostat_options options) : options_(options), bits_(2 * double(options.surprise)) {
        if (!(options.surprise > 0.0f && options.rate >= 0.0f))
            throw error(errc::argument, "the target surprise must be positive and the rate not negative",
                        {.subject = "mirostat",
                         .found = std::to_string(options.surprise) + " and " + std::to_string(options.rate)});
    }

    double bits() const { return bits_; }

    token_t draw_from(const row& r) {
        const token_t token = draw{options_.seed}(r);
        const double observed = (log_sum_exp(r.logits) - double(r.logits[std::size_t(token)])) / std::numbers::ln2;
        bits_ -= double(options_.rate) * (observed - double(options_.surprise));
        return token;
    }

private:
    mirostat_options options_;
    double bits_;
};

// Version 2 leaves out tokens with more surprise than the limit.
class mirostat_v2 {
public:
    explicit mirostat_v2(mirostat_options options) : limit_(options) {}

    token_t operator()(const row& r) {
        const auto top = double(*std::max_element(r.logits.begin(), r.logits.end()));
        const double least = std::min(top, log_sum_exp(r.logits) - limit_.bits() * std::numbers::ln2);
        for (float& x : r.logits)
            if (double(x) < least) x = excluded;
        return limit_.draw_from(r);
    }

private:
    surprise_limit limit_;
};

// Version 1 keeps the k most probable tokens, with k from the limit and the exponent of Zipf's law that fits the row.
class mirostat {
public:
    explicit mirostat(mirostat_options options) : limit_(options) {}

    token_t operator()(const row& r) {
        top_.keep(std::max<index_t>(1, kept(exponent(r.logits), double(r.logits.size()))));
        top_(r);
        return limit_.draw_from(r);
    }

private:
    static constexpr std::size_t fitted = 100;  // most probable tokens that the exponent is estimated from

    // ŝ = Σ tᵢbᵢ / Σ tᵢ² with tᵢ = log((i + 2) / (i + 1)) and bᵢ = log(pᵢ / pᵢ₊₁), probabilities falling.
    double exponent(std::span<const float> logits) {
        best_.resize(std::min(fitted, logits.size()));
        std::partial_sort_copy(logits.begin(), logits.end(), best_.begin(), best_.end(), std::greater<>{});
        double products = 0, squares = 0;
        for (std::size_t i = 0; i + 1 < best_.size() && best_[i + 1] > excluded; ++i) {
            const double t = std::log(double(i + 2) / double(i + 1));
            products += t * (double(best_[i]) - double(best_[i + 1]));
            squares += t * t;
        }
        return squares > 0 ? products / squares : 0;
    }

    // k = (ε̂ 2^μ / (1 − n^−ε̂))^(1/ŝ) with ε̂ = ŝ − 1; all tokens where that is no number.
    index_t kept(double s, double n) const {
        const double e = s - 1;
        const double k = std::pow(e * std::exp2(limit_.bits()) / (1 - std::pow(n, -e)), 1 / s);
        return k < n ? static_cast<index_t>(k) : static_cast<index_t>(n);
    }

    surprise_limit limit_;
    top_k top_{0};
    std::vector<float> best_;
};

}
