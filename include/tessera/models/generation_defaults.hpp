// What generation_config.json says of sampling, and the sampler that does it.
#pragma once

#include "tessera/models/config_keys.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/greedy.hpp"
#include "tessera/sample/min_p.hpp"
#include "tessera/sample/penalties.hpp"
#include "tessera/sample/temperature.hpp"
#include "tessera/sample/top_k.hpp"
#include "tessera/sample/top_p.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The defaults are those of the Hugging Face library.
struct generation_defaults {
    bool samples = false;
    float temperature = 1.0f;
    index_t top_k = 50;
    float top_p = 1.0f;
    float min_p = 0.0f;
    float repetition = 1.0f;
    float presence = 0.0f;
    float frequency = 0.0f;
};

inline generation_defaults read_generation_defaults(const io::json& c) {
    return {.samples = c.get_or("do_sample", false),
            .temperature = float_key(c, "temperature", 1.0),
            .top_k = index_t(c.get_or("top_k", std::int64_t(50))),
            .top_p = float_key(c, "top_p", 1.0),
            .min_p = float_key(c, "min_p", 0.0),
            .repetition = float_key(c, "repetition_penalty", 1.0)};
}

// Penalties, temperature, top-k, top-p, min-p, then a draw; the most probable token when nothing is to be drawn.
class default_sampler {
public:
    default_sampler(const generation_defaults& d, std::uint64_t seed)
        : samples_(d.samples && d.temperature > 0.0f),
          penalties_({d.repetition, d.presence, d.frequency}),
          chain_(sample::temperature(samples_ ? d.temperature : 1.0f) | sample::top_k(d.top_k) |
                 sample::top_p(d.top_p) | sample::min_p(d.min_p) | sample::draw{seed}) {}

    token_t operator()(const sample::row& r) {
        penalties_(r);
        return samples_ ? chain_(r) : sample::greedy{}(r);
    }

private:
    using chain = decltype(sample::temperature(1) | sample::top_k(0) | sample::top_p(1) | sample::min_p(0) |
                           sample::draw{});

    bool samples_;
    sample::penalties penalties_;
    chain chain_;
};

}
