// Best of n: several texts are drawn side by side from one prompt, and ranked by what the model thinks of them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tessera/decode/branches.hpp"
#include "tessera/decode/hypothesis.hpp"
#include "tessera/decode/prompt.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::decode {

struct best_of_options {
    index_t texts = 4;
    index_t max_tokens = -1;                           // -1: until the context is full
    std::optional<std::vector<token_t>> end_tokens{};  // the model's own when not given
    float length_penalty = 1.0f;          // as in beam_options; log-probabilities before the sampler's edits
    progress_ref progress = no_progress;  // of the prompt
};

// Each round draws one token for every text that has not ended.
template <sample::pick Sampler>
class drawn_texts {
public:
    // make(i): the sampler of text i.
    template <class Session, class Make>
    drawn_texts(const Session& session, const best_of_options& options, index_t longest, Make make)
        : ends_(options.end_tokens.value_or(session.model().config().end_tokens)),
          penalty_(options.length_penalty),
          longest_(longest),
          branches_(session, options.texts, longest),
          edited_(session.logits().size()) {
        for (index_t i = 0; i < options.texts; ++i) live_.push_back({make(i)});
        next_.reserve(live_.size());
    }

    std::vector<hypothesis> run() {
        for (index_t length = 1; length <= longest_ && !live_.empty(); ++length) {
            next_.clear();
            std::erase_if(live_, [&](text& t) { return !draw_token(t, length); });
            if (!next_.empty()) branches_.advance(next_);
        }
        return std::move(finished_);
    }

private:
    struct text {
        Sampler sampler;
        index_t branch = 0;
        double sum = 0;  // of log-probabilities
    };

    // Whether the text goes on.
    bool draw_token(text& t, index_t length) {
        const std::span<const float> logits = branches_.logits()[t.branch].flat();
        std::copy(logits.begin(), logits.end(), edited_.begin());
        const std::span<const token_t> history = branches_.tokens(t.branch), said = branches_.added(t.branch);
        const token_t token = t.sampler(sample::row{edited_, history, said, history.size()});
        t.sum += double(logits[std::size_t(token)]) - sample::log_sum_exp(logits);
        if (length == longest_ || std::find(ends_.begin(), ends_.end(), token) != ends_.end()) {
            hypothesis h{{said.begin(), said.end()}, length_normalised(t.sum, length, penalty_)};
            h.tokens.push_back(token);
            insert(finished_, std::move(h));
            return false;
        }
        next_.push_back({std::exchange(t.branch, index_t(next_.size())), token});
        return true;
    }

    std::vector<token_t> ends_;
    float penalty_;
    index_t longest_;
    decode::branches branches_;
    std::vector<float> edited_;
    std::vector<text> live_;
    std::vector<extension> next_;
    std::vector<hypothesis> finished_;  // best first
};

// All texts, the best first. Text i is what generate() draws with the sampler make(i), such as
// [](index_t i) { return temperature(0.8f) | draw{std::uint64_t(i)}; }; the prompt runs once.
// Throws errc::argument for fewer texts than one, errc::capacity when the context has no room for max_tokens.
template <class Session, class Make>
std::vector<hypothesis> best_of(Session& session, std::span<const token_t> prompt, const best_of_options& options,
                                Make make) {
    if (options.texts < 1)
        throw error(errc::argument, "at least one text must be drawn",
                    {.subject = "texts", .found = std::to_string(options.texts)});
    run_prompt(session, prompt, options.progress);
    using sampler = decltype(make(index_t(0)));
    return drawn_texts<sampler>(session, options, budget(session, options.max_tokens), make).run();
}

}

namespace tessera::inline TESSERA_ABI {
using decode::best_of;
}
