// How probable a given text is: the log-probability of each of its tokens, and perplexity.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "tessera/core/progress.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::decode {

struct text_score {
    std::vector<float> log_probabilities;  // natural logarithms, one for each token that follows another

    double sum() const {
        double total = 0;
        for (const float x : log_probabilities) total += double(x);
        return total;
    }
    // exp(−mean log-probability); NaN when no token was scored.
    double perplexity() const { return std::exp(-sum() / double(log_probabilities.size())); }
};

// Log-probabilities of tokens by the rows of logits before them, one row each.
inline void score_rows(view<const float> logits, std::span<const token_t> tokens, std::span<float> to,
                       exec::executor_ref run) {
    run.run(index_t(tokens.size()), 1, [&](range some, index_t) {
        for (index_t i = some.begin; i < some.end; ++i)
            to[std::size_t(i)] = sample::log_probability(logits[i].flat(), tokens[std::size_t(i)]);
    });
}

// Runs the text after what the session holds. The first token is scored if the session has tokens already; in a new
// session it only begins the text. Errors as session::run; errc::argument for a session that has tokens but no logits.
template <class Session>
text_score score(Session& session, std::span<const token_t> tokens, progress_ref progress = no_progress) {
    constexpr std::size_t chunk = 32;  // rows of logits held at once
    session.check(tokens);
    text_score s;
    std::vector<float>& all = s.log_probabilities;
    if (!tokens.empty() && session.size() > 0) {
        session.prefill({});
        if (session.logits().empty()) throw error(errc::argument, "a session without logits cannot be continued");
        all.push_back(sample::log_probability(session.logits(), tokens.front()));
    }
    tensor<float> logits({index_t(std::min(chunk, tokens.size())), session.model().config().vocabulary});
    for (std::size_t i = 0; i < tokens.size(); i += chunk) {
        const auto part = tokens.subspan(i, std::min(chunk, tokens.size() - i));
        session.run(part, {logits.view().slice({0, index_t(part.size())}), {}});
        const auto next = tokens.subspan(i + 1, std::min(part.size(), tokens.size() - i - 1));
        all.resize(all.size() + next.size());
        score_rows(logits, next, std::span(all).last(next.size()), session.executor());
        report(progress, index_t(i + part.size()), index_t(tokens.size()));
    }
    return s;
}

}

namespace tessera::inline TESSERA_ABI {
using decode::score;
}
