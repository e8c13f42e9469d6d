// The loop: run the prompt, choose a token, run it, choose the next — as an input range.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "tessera/decode/prompt.hpp"
#include "tessera/sample/greedy.hpp"
#include "tessera/sample/log_probability.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::decode {

struct generate_options {
    index_t max_tokens = -1;                           // -1: until the context is full
    std::optional<std::vector<token_t>> end_tokens{};  // the model's own when not given
    bool log_probabilities = false;
    progress_ref progress = no_progress;  // of the prompt
};

struct generated {
    token_t token = 0;
    float log_probability = 0.0f;  // natural logarithm, before the sampler's edits; 0 unless asked for

    operator token_t() const { return token; }
};

// The session's tokens hold everything generated, the end token too; the last one has not run yet.
template <class Session, sample::pick Sampler>
class generation {
public:
    // Runs the prompt; errors as run_prompt.
    generation(Session& session, std::span<const token_t> prompt, generate_options options, Sampler sampler)
        : session_(&session), options_(std::move(options)), sampler_(std::move(sampler)) {
        if (!options_.end_tokens) options_.end_tokens = session.model().config().end_tokens;
        run_prompt(session, prompt, options_.progress);
        edited_.resize(session.logits().size());
        choose();
    }

    class iterator {
    public:
        using value_type = generated;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        iterator() = default;
        explicit iterator(generation* loop) : loop_(loop) {}
        const generated& operator*() const { return loop_->current_; }
        iterator& operator++() {
            loop_->advance();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) { return i.loop_->done(); }

    private:
        generation* loop_ = nullptr;
    };

    iterator begin() { return iterator(this); }
    std::default_sentinel_t end() const { return {}; }

    bool done() const { return done_; }
    // Whether an end token, and not the budget or the context, ended it.
    bool ended() const { return ended_; }

private:
    bool has_budget() const {
        if (options_.max_tokens >= 0 && count_ >= options_.max_tokens) return false;
        return options_.max_tokens >= 0 || session_->size() < session_->context();
    }

    void choose() {
        if (!has_budget()) {
            done_ = true;
            return;
        }
        const std::span<const float> logits = session_->logits();
        std::copy(logits.begin(), logits.end(), edited_.begin());
        const std::span<const token_t> history = session_->tokens();
        const auto said = std::min(std::size_t(count_), history.size());
        const token_t token = sampler_(sample::row{edited_, history, history.last(said), history.size()});
        current_ = {token, options_.log_probabilities ? sample::log_probability(logits, token) : 0.0f};
        session_->accept(token);
        ++count_;
        const std::vector<token_t>& ends = *options_.end_tokens;
        ended_ = done_ = std::find(ends.begin(), ends.end(), token) != ends.end();
    }

    void advance() {
        if (!has_budget()) {
            done_ = true;
            return;
        }
        session_->prefill({});
        choose();
    }

    Session* session_;
    generate_options options_;
    Sampler sampler_;
    std::vector<float> edited_;
    generated current_;
    index_t count_ = 0;
    bool done_ = false;
    bool ended_ = false;
};

template <class Session, sample::pick Sampler = sample::greedy>
generation<Session, Sampler> generate(Session& session, std::span<const token_t> prompt, generate_options options = {},
                                      Sampler sampler = {}) {
    return {session, prompt, std::move(options), std::move(sampler)};
}

}

namespace tessera::inline TESSERA_ABI {
using decode::generate;
}
