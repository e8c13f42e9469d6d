// Beam search: the most probable texts that can be found while only the best beginnings are kept.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tessera/decode/branches.hpp"
#include "tessera/decode/hypothesis.hpp"
#include "tessera/decode/prompt.hpp"
#include "tessera/model/session.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// When the search ends, once there are as many finished texts as beams. The names are those of the Hugging Face
// library.
enum class early_stopping {
    no,     // when the best beam, were it to end as it stands, would score less than the worst finished text
    yes,    // at once
    never,  // when no beam can get better than the worst finished text any more
};

struct beam_options {
    index_t beams = 4;
    float length_penalty = 1.0f;  // a score is the sum of log-probabilities over (number of new tokens)^this
    decode::early_stopping early_stopping = early_stopping::no;
    index_t max_tokens = -1;                           // -1: until the context is full
    std::optional<std::vector<token_t>> end_tokens{};  // the model's own when not given
    progress_ref progress = no_progress;               // of the prompt
};

// Leaves log-probabilities as they are.
struct no_edit {
    void operator()(const sample::row&) const {}
};

// Each round every beam's continuations compete; the best that go on are the beams of the next round.
template <sample::edit Edit>
class beam_loop {
public:
    template <class Session>
    beam_loop(const Session& session, const beam_options& options, index_t longest, Edit edit)
        : options_(options),
          longest_(longest),
          ends_(options.end_tokens.value_or(session.model().config().end_tokens)),
          edit_(std::move(edit)),
          branches_(session, options.beams, longest),
          shift_(std::size_t(options.beams)) {
        // Of the continuations of a beam at most ends_.size() end it, so enough of these go on.
        kept_ = std::max<std::size_t>(2, 1 + ends_.size()) * std::size_t(options.beams);
        best_.reserve(kept_ + 1);
        next_.reserve(std::size_t(options.beams));
        sums_.reserve(std::size_t(options.beams));
        sums_.assign(1, 0.0);
    }

    std::vector<hypothesis> run() {
        while (length_ < longest_ && round()) branches_.advance(next_);
        return std::move(finished_);
    }

private:
    struct candidate {
        double sum;  // of log-probabilities
        extension from;
        // Of equal ones the lower beam is better, then the lower token.
        friend bool better(const candidate& a, const candidate& b) {
            if (a.sum != b.sum) return a.sum > b.sum;
            return a.from.parent != b.from.parent ? a.from.parent < b.from.parent : a.from.token < b.from.token;
        }
    };
    static constexpr auto is_better = [](const candidate& a, const candidate& b) { return better(a, b); };

    // Whether there is something to go on with.
    bool round() {
        score_tokens();
        choose_candidates();
        ++length_;
        next_.clear();
        sums_.clear();
        for (std::size_t rank = 0; rank < best_.size(); ++rank) place(best_[rank], rank);
        return !next_.empty() && can_improve();
    }

    // Makes logits log-probabilities, up to a number to be added. Only an edit makes it worth rounding them again.
    void score_tokens() {
        const view<float> logits = branches_.logits();
        branches_.executor().run(branches_.size(), 1, [&](range some, index_t) {
            for (index_t i = some.begin; i < some.end; ++i)
                shift_[std::size_t(i)] = -sample::log_sum_exp(logits[i].flat());
        });
        if constexpr (!std::same_as<Edit, no_edit>)
            for (index_t i = 0; i < branches_.size(); ++i) edit_row(i, logits[i].flat());
    }
    void edit_row(index_t i, std::span<float> row) {
        for (float& x : row) x = static_cast<float>(double(x) + shift_[std::size_t(i)]);
        shift_[std::size_t(i)] = 0;
        const auto history = branches_.tokens(i);
        edit_(sample::row{row, history, branches_.added(i), history.size()});
    }

    // The best of all beams' continuations, best first.
    void choose_candidates() {
        best_.clear();
        for (index_t i = 0; i < branches_.size(); ++i) {
            const std::span<const float> row = branches_.logits()[i].flat();
            const double before = sums_[std::size_t(i)] + shift_[std::size_t(i)];
            for (std::size_t t = 0; t < row.size(); ++t)
                if (row[t] > sample::excluded) offer({before + double(row[t]), {i, static_cast<token_t>(t)}});
        }
        std::sort_heap(best_.begin(), best_.end(), is_better);
    }
    // best_ is a heap whose front is the worst.
    void offer(const candidate& c) {
        if (best_.size() == kept_ && !better(c, best_.front())) return;
        best_.push_back(c);
        std::push_heap(best_.begin(), best_.end(), is_better);
        if (best_.size() <= kept_) return;
        std::pop_heap(best_.begin(), best_.end(), is_better);
        best_.pop_back();
    }

    // A text that ends counts if it is among the best; one that goes on becomes a beam while there is room.
    void place(const candidate& c, std::size_t rank) {
        const auto beams = std::size_t(options_.beams);
        const bool ends = length_ == longest_ || std::find(ends_.begin(), ends_.end(), c.from.token) != ends_.end();
        if (ends && rank < beams) finish(c);
        if (ends || next_.size() == beams) return;
        next_.push_back(c.from);
        sums_.push_back(c.sum);
    }

    void finish(const candidate& c) {
        const float score = scored(c.sum, length_);
        if (is_full() && !(score > finished_.back().score)) return;
        if (is_full()) finished_.pop_back();
        const auto said = branches_.added(c.from.parent);
        hypothesis text{{said.begin(), said.end()}, score};
        text.tokens.push_back(c.from.token);
        insert(finished_, std::move(text));
    }

    float scored(double sum, index_t length) const { return length_normalised(sum, length, options_.length_penalty); }
    bool is_full() const { return index_t(finished_.size()) == options_.beams; }

    bool can_improve() const {
        if (!is_full()) return true;
        if (options_.early_stopping == early_stopping::yes) return false;
        const bool longer_is_better =
            options_.early_stopping == early_stopping::never && options_.length_penalty > 0.0f;
        return scored(sums_.front(), longer_is_better ? longest_ : length_) > finished_.back().score;
    }

    beam_options options_;
    index_t longest_;
    std::vector<token_t> ends_;
    Edit edit_;
    decode::branches branches_;
    std::vector<double> shift_;  // of each branch: what makes its logits log-probabilities
    std::size_t kept_ = 0;
    std::vector<candidate> best_;
    std::vector<extension> next_;
    std::vector<double> sums_;          // of each branch's log-probabilities
    std::vector<hypothesis> finished_;  // best first
    index_t length_ = 0;
};

// The best texts, best first, `beams` of them at most. Runs the prompt as generate() does (an encoder-decoder has read
// its source); the session keeps it, and nothing of the texts found. With beams = 1 and early stopping that is not
// `never` this is the greedy text. `edit` changes log-probabilities and must not remember earlier calls.
// Throws errc::argument when beams < 1, errc::capacity when the context has no room for max_tokens.
template <class Session, sample::edit Edit = no_edit>
std::vector<hypothesis> beam_search(Session& session, std::span<const token_t> prompt, const beam_options& options = {},
                                    Edit edit = {}) {
    if (options.beams < 1)
        throw error(errc::argument, "a search needs at least one beam",
                    {.subject = "beams", .found = std::to_string(options.beams)});
    run_prompt(session, prompt, options.progress);
    return beam_loop<Edit>(session, options, budget(session, options.max_tokens), std::move(edit)).run();
}

// The same without a session of one's own: text is the prompt, or what the encoder reads if the model has one.
template <class Spec>
std::vector<hypothesis> beam_search(const model::language_model& model, std::span<const token_t> text,
                                    const beam_options& options, Spec spec, exec::executor_ref run) {
    const bool reads = model.reads_a_source();
    const index_t past = index_t(reads || text.empty() ? model.config().begin_tokens.size() : text.size());
    if (spec.places == 0 && options.max_tokens >= 0) spec.places = std::max<index_t>(1, past + options.max_tokens);
    model::session session(model, spec, run);
    if (reads) session.read(text);
    return beam_search(session, reads ? std::span<const token_t>{} : text, options);
}

}

namespace tessera::inline TESSERA_ABI {
using decode::beam_search;
}
