// Contrastive search: of the most probable tokens, the one that is least like what was said (Su et al. 2022).
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tessera/decode/branches.hpp"
#include "tessera/decode/prompt.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::decode {

struct contrastive_options {
    index_t top_k = 4;
    float penalty_alpha = 0.6f;                        // 0: the most probable token
    index_t max_tokens = -1;                           // -1: until the context is full
    std::optional<std::vector<token_t>> end_tokens{};  // the model's own when not given
};

// Each round runs the candidates side by side, since their own hidden states decide.
class contrastive_loop {
public:
    template <class Session>
    contrastive_loop(Session& session, const contrastive_options& options, index_t longest)
        : options_(options),
          ends_(options.end_tokens.value_or(session.model().config().end_tokens)),
          longest_(longest),
          directions_({session.size() + longest, session.model().config().hidden}),
          branches_(remember(session), std::min(options.top_k, session.model().config().vocabulary), longest),
          candidates_(std::size_t(branches_.most())),
          order_(std::size_t(session.model().config().vocabulary)),
          scores_(candidates_.size()) {}

    std::vector<token_t> run() {
        std::vector<token_t> text;
        while (index_t(text.size()) < longest_) {
            propose();
            branches_.advance(candidates_);
            choose();
            text.push_back(candidates_[std::size_t(chosen_)].token);
            if (std::find(ends_.begin(), ends_.end(), text.back()) != ends_.end()) break;
        }
        return text;
    }

private:
    // Runs the session's tokens anew, because their hidden states are needed too.
    template <class Session>
    const Session& remember(Session& session) {
        const std::vector<token_t> all(session.tokens().begin(), session.tokens().end());
        session.check(all);
        known_ = index_t(all.size());
        session.truncate(0);
        session.run(std::span(all).first(all.size() - 1), {{}, directions_.view().slice({0, known_ - 1})});
        tensor<float> logits({1, session.model().config().vocabulary});
        session.run(std::span(all).last(1), {logits, directions_.view().slice({known_ - 1, known_})});
        for (index_t i = 0; i < known_; ++i) normalise(directions_.view()[i].flat());
        return session;
    }

    static void normalise(std::span<float> x) {
        double squares = 0;
        for (const float v : x) squares += double(v) * double(v);
        const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        for (float& v : x) v = static_cast<float>(double(v) * scale);
    }

    // The most probable tokens, and of each the part of its score that its probability makes.
    void propose() {
        const std::span<const float> logits = branches_.logits()[chosen_].flat();
        std::iota(order_.begin(), order_.end(), 0);
        const auto k = std::ptrdiff_t(candidates_.size());
        std::partial_sort(order_.begin(), order_.begin() + k, order_.end(), [&](token_t a, token_t b) {
            const float x = logits[std::size_t(a)], y = logits[std::size_t(b)];
            return x != y ? x > y : a < b;
        });
        const double total = sample::log_sum_exp(logits);
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            candidates_[i] = {chosen_, order_[i]};
            scores_[i] = (1 - alpha()) * std::exp(double(logits[std::size_t(order_[i])]) - total);
        }
    }

    void choose() {
        branches_.executor().run(branches_.size(), 1, [&](range some, index_t) {
            for (index_t i = some.begin; i < some.end; ++i) scores_[std::size_t(i)] -= alpha() * likeness(i);
        });
        chosen_ = std::max_element(scores_.begin(), scores_.end()) - scores_.begin();
        const std::span<const float> h = branches_.hidden()[chosen_].flat();
        const std::span<float> direction = directions_.view()[known_++].flat();
        std::copy(h.begin(), h.end(), direction.begin());
        normalise(direction);
    }

    // The largest cosine between a candidate and anything said.
    double likeness(index_t candidate) const {
        const std::span<const float> h = branches_.hidden()[candidate].flat();
        const double length = std::sqrt(std::inner_product(h.begin(), h.end(), h.begin(), 0.0));
        double most = -1;
        for (index_t i = 0; i < known_; ++i) {
            const std::span<const float> d = directions_.view()[i].flat();
            most = std::max(most, std::inner_product(h.begin(), h.end(), d.begin(), 0.0) / length);
        }
        return most;
    }

    double alpha() const { return double(options_.penalty_alpha); }

    contrastive_options options_;
    std::vector<token_t> ends_;
    index_t longest_;
    tensor<float> directions_;  // hidden states of all tokens, made length one: [tokens, hidden]
    index_t known_ = 0;
    decode::branches branches_;
    std::vector<extension> candidates_;
    std::vector<token_t> order_;
    std::vector<double> scores_;
    index_t chosen_ = 0;
};

// The new tokens, an end token included. Of the top_k most probable tokens v the next is the one with the largest
// (1 − α) p(v) − α max_j cos(h_v, h_j), where h are final hidden states and j runs over all tokens before it.
// The session keeps the prompt. Throws errc::argument unless top_k >= 1 and 0 <= penalty_alpha <= 1, and for a session
// with rows that are no tokens; errc::capacity when the context has no room for max_tokens.
template <class Session>
std::vector<token_t> contrastive_search(Session& session, std::span<const token_t> prompt,
                                        const contrastive_options& options = {}) {
    if (!(options.top_k >= 1 && options.penalty_alpha >= 0.0f && options.penalty_alpha <= 1.0f))
        throw error(errc::argument, "top_k >= 1 and penalty_alpha in [0, 1] are needed",
                    {.subject = "contrastive_search",
                     .found = std::to_string(options.top_k) + " and " + std::to_string(options.penalty_alpha)});
    run_prompt(session, prompt);
    return contrastive_loop(session, options, budget(session, options.max_tokens)).run();
}

}

namespace tessera::inline TESSERA_ABI {
using decode::contrastive_search;
}
