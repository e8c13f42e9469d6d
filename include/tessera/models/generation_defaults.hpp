// What generation_config.json says of sampling, and the sampler that does it.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/sample/bad_words.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/forced_tokens.hpp"
#include "tessera/sample/greedy.hpp"
#include "tessera/sample/min_p.hpp"
#include "tessera/sample/no_repeat.hpp"
#include "tessera/sample/penalties.hpp"
#include "tessera/sample/suppress.hpp"
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

    index_t no_repeat = 0;         // n tokens in a row that are not said twice; 0: any are
    index_t no_repeat_source = 0;  // … nor repeated from the source text
    std::vector<token_t> end{};
    index_t least_length = 0;           // no end before, prompt included
    index_t least_new = 0;              // no end before so many generated tokens
    index_t length = -1;                // of the text with its prompt, at most; -1: not said
    index_t most_new = -1;              // generated tokens at most, which no file says
    std::vector<token_t> forced_end{};  // what the last of most_new is
    std::vector<token_t> suppressed{};
    std::vector<token_t> suppressed_first{};  // as the first generated token
    std::vector<std::vector<token_t>> bad_words{};
};

// Where they stand: in generation_config.json, or in the config.json of models from before there was one.
inline const io::json& generation_settings(const checkpoint& files) {
    return files.generation.as_object().empty() ? files.config : files.generation;
}

// Lists of ids; an end token alone is none of them.
inline std::vector<std::vector<token_t>> bad_words_key(const io::json& c) {
    std::vector<std::vector<token_t>> all;
    const io::json* lists = present(c, "bad_words_ids");
    if (lists == nullptr) return all;
    const std::vector<token_t> ends = ids_key(c, "eos_token_id");
    for (const io::json& list : lists->as_array("bad_words_ids")) {
        auto ids = list.as<std::vector<token_t>>("bad_words_ids");
        const bool is_end = ids.size() == 1 && std::find(ends.begin(), ends.end(), ids[0]) != ends.end();
        if (!is_end) all.push_back(std::move(ids));
    }
    return all;
}

inline generation_defaults read_generation_defaults(const io::json& c) {
    const auto count = [&](std::string_view key, std::int64_t otherwise) { return index_t(c.get_or(key, otherwise)); };
    return {.samples = c.get_or("do_sample", false),
            .temperature = float_key(c, "temperature", 1.0),
            .top_k = count("top_k", 50),
            .top_p = float_key(c, "top_p", 1.0),
            .min_p = float_key(c, "min_p", 0.0),
            .repetition = float_key(c, "repetition_penalty", 1.0),
            .no_repeat = count("no_repeat_ngram_size", 0),
            .no_repeat_source = count("encoder_no_repeat_ngram_size", 0),
            .end = ids_key(c, "eos_token_id"),
            .least_length = count("min_length", 0),
            .least_new = count("min_new_tokens", 0),
            .length = count("max_length", -1),
            .forced_end = ids_key(c, "forced_eos_token_id"),
            .suppressed = ids_key(c, "suppress_tokens"),
            .suppressed_first = ids_key(c, "begin_suppress_tokens"),
            .bad_words = bad_words_key(c)};
}

// The end that is forced as the last generated token.
inline sample::forced_tokens forced_end(const generation_defaults& d) {
    if (d.forced_end.empty() || d.most_new < 1) return sample::forced_tokens({});
    return sample::forced_tokens({{d.most_new - 1, d.forced_end.front()}});
}

// What is forbidden or forced, whether or not tokens are drawn.
inline auto generation_rules(const generation_defaults& d, std::vector<token_t> source) {
    return sample::penalties({d.repetition, d.presence, d.frequency}) | sample::no_repeat{d.no_repeat} |
           sample::no_repeat{d.no_repeat_source, std::move(source)} | sample::bad_words(d.bad_words) |
           sample::suppress{.tokens = d.end, .length_below = d.least_length} |
           sample::suppress{.tokens = d.end, .generated_below = d.least_new} | sample::suppress{d.suppressed} |
           sample::suppress{.tokens = d.suppressed_first, .generated_below = 1} | forced_end(d);
}

// The rules, then temperature, top-k, top-p, min-p and a draw; the most probable token when nothing is to be drawn.
class default_sampler {
public:
    // source: the text that an encoder has read.
    default_sampler(const generation_defaults& d, std::uint64_t seed, std::vector<token_t> source = {})
        : samples_(d.samples && d.temperature > 0.0f),
          rules_(generation_rules(d, std::move(source))),
          chain_(sample::temperature(samples_ ? d.temperature : 1.0f) | sample::top_k(d.top_k) |
                 sample::top_p(d.top_p) | sample::min_p(d.min_p) | sample::draw{seed}) {}

    token_t operator()(const sample::row& r) {
        rules_(r);
        return samples_ ? chain_(r) : sample::greedy{}(r);
    }

private:
    using rules = decltype(generation_rules({}, {}));
    using chain = decltype(sample::temperature(1) | sample::top_k(0) | sample::top_p(1) | sample::min_p(0) |
                           sample::draw{});

    bool samples_;
    rules rules_;
    chain chain_;
};

}
