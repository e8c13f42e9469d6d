// One sequence and what it needs: cache, workspace, the tokens so far and the logits of the next one.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/cache/contiguous.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/model/adapters.hpp"
#include "tessera/model/encoder_memory.hpp"
#include "tessera/model/plan.hpp"

namespace tessera::inline TESSERA_ABI::model {

// What happens when tokens do not fit in the context any more.
enum class overflow {
    refuse,  // errc::capacity, and the session stays as it was
    slide,   // the first `sinks` tokens and the newer half of the others are kept and run anew
};

struct session_options {
    index_t rows = 256;  // tokens of one step: prompts run in chunks of this size
    overflow when_full = overflow::refuse;
    index_t sinks = 4;
    observer* watch = nullptr;
    std::string adapter{};  // one of model.config().adapters; empty: the weights as they are
};

// Refers to a model and an executor, which outlive it. One thread at a time; many sessions may share a model.
// Copying a session forks it: the copy has the same past and a cache and a workspace of its own.
template <class Spec>
class session {
public:
    session(const language_model& model, Spec spec, exec::executor_ref run, session_options options = {})
        : model_(&model),
          run_(run),
          options_(checked(options)),
          cache_(fitted(spec, model, options).make(model.cache_layout())),
          memory_(workspace_bytes(model, spec.type, fitted(spec, model, options).places, options.rows, run)),
          logits_({model.config().vocabulary}),
          context_(fitted(spec, model, options).places),
          stored_(spec.type),
          adapter_(adapter_number(model.config(), options.adapter)) {
        tokens_.reserve(std::size_t(context_));
        positions_.resize(std::size_t(options.rows));
    }

    // Bytes that such a session would hold; nothing is allocated for it.
    static memory_plan plan(const language_model& model, Spec spec, exec::executor_ref run,
                            session_options options = {}) {
        const Spec fit = fitted(spec, model, checked(options));
        return {.weights = model.weight_bytes(),
                .cache = fit.bytes(model.cache_layout()),
                .workspace = workspace_bytes(model, spec.type, fitted(spec, model, options).places, options.rows, run),
                .session = own_bytes(model.config().vocabulary, fit.places, options.rows)};
    }
    // Bytes held now; what plan() said, without the weights.
    index_t memory_bytes() const {
        return cache_.bytes() + index_t(embedded_.capacity() * sizeof(float)) + (source_ ? source_->bytes() : 0) +
               memory_.capacity() + logits_.bytes() + index_t(tokens_.capacity() * sizeof(token_t)) +
               index_t(positions_.capacity() * sizeof(std::int32_t));
    }

    const language_model& model() const { return *model_; }
    exec::executor_ref executor() const { return run_; }
    // The source text that was read; null without one.
    std::shared_ptr<const encoder_memory> source() const { return source_; }
    // The number of the adapter in use, or no_adapter.
    index_t adapter() const { return adapter_; }
    // A cache with the past of its own, for those who run several continuations side by side. Tokens that have not run
    // yet are not in it.
    cache::any fork_cache() const { return cache_.fork(); }
    index_t context() const { return context_; }
    // Everything said so far; the last of them may not have run yet.
    std::span<const token_t> tokens() const { return tokens_; }
    index_t size() const { return index_t(tokens_.size()); }

    // Reads the text that the decoder answers to, and forgets what was said. Throws errc::unsupported when the model
    // has no encoder, errc::argument for a token outside the vocabulary or no token at all.
    void read(std::span<const token_t> source) { answer_to(model_->encode(source, run_)); }

    // The same for a source given as frames: [frames, features], as model().source_frames() says. Throws
    // errc::unsupported when the model reads none, errc::shape when they are not what it reads.
    void read_frames(view<const float> frames) { answer_to(model_->encode_frames(frames, run_)); }

    // Uses another of the adapters that the model keeps, or with "" none. What was said is kept, but a cache belongs to
    // the adapter that filled it: the next step runs all of it again. Throws errc::argument, with the names that there
    // are, for another one.
    void use(std::string_view adapter) {
        const index_t chosen = adapter_number(model_->config(), adapter);
        if (chosen == adapter_) return;
        adapter_ = chosen;
        forget_cache();
    }

    // Logits of the token after the last: [vocabulary]. Empty until a token has run, and after truncate() and use().
    std::span<const float> logits() const {
        return has_logits_ ? std::as_const(logits_).flat() : std::span<const float>{};
    }

    // Takes a token in without running it: the next step runs it first.
    void accept(token_t token) {
        make_room(1);
        tokens_.push_back(token);
        has_logits_ = false;
    }

    // Runs tokens in chunks and leaves the logits after the last. Throws errc::argument for a token outside the
    // vocabulary, errc::capacity when the context is full, errc::cancelled when `progress` says stop: the session is
    // then as it was.
    void prefill(std::span<const token_t> tokens, progress_ref progress = no_progress) {
        check(tokens);
        make_room(index_t(tokens.size()));
        const index_t before = size();
        tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
        guarded(before, [&] { run_pending(progress); });
    }

    // The same for rows that are no tokens but enter the layers as they are: [rows, hidden]. tokens() has embedded_row
    // in their places.
    void prefill_embedded(view<const float> embedded, progress_ref progress = no_progress) {
        if (embedded.extent(1) != model_->config().hidden)
            throw error(
                errc::shape, "an embedding has not the width of the model",
                {.expected = std::to_string(model_->config().hidden), .found = std::to_string(embedded.extent(1))});
        make_room(embedded.extent(0));
        const index_t before = size();
        for (index_t r = 0; r < embedded.extent(0); ++r) {
            tokens_.push_back(embedded_row);
            embedded_.insert(embedded_.end(), &embedded(r, 0), &embedded(r, 0) + embedded.extent(1));
        }
        guarded(before, [&] { run_pending(progress); });
    }

    // Runs one token.
    std::span<const float> step(token_t token) {
        prefill({&token, 1});
        return logits();
    }

    // Runs tokens and writes the outputs of each of them: logits [tokens, vocabulary], hidden [tokens, hidden]; either
    // may be empty. Tokens taken in before are run first.
    void run(std::span<const token_t> tokens, const outputs& out) {
        run_pending(no_progress);
        check(tokens);
        make_room(index_t(tokens.size()));
        const index_t before = size();
        tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
        guarded(before, [&] { run_with_outputs(before, out); });
    }

    // Forgets all but the first n tokens. Where the cache cannot go back to just there, the next step runs some of them
    // again. Throws errc::argument when there are fewer.
    void truncate(index_t n) {
        if (n < 0 || n > size())
            throw error(errc::argument, "cannot truncate",
                        {.expected = "0 to " + std::to_string(size()), .found = std::to_string(n)});
        if (n < cached_) cached_ = cache_.ref().truncate(n);
        has_logits_ = has_logits_ && n == size();
        forget({n, size()});
    }

    session fork() const { return *this; }

    // Shows the steps from now on to an observer, or (nullptr) to none.
    void observe(observer* watch) { options_.watch = watch; }

    // Keeps the longest common beginning with `conversation`, and returns what is left of it to run (at least one
    // token).
    std::span<const token_t> resume(std::span<const token_t> conversation) {
        const auto differ = std::mismatch(tokens_.begin(), tokens_.end(), conversation.begin(), conversation.end());
        index_t same = differ.first - tokens_.begin();
        if (!conversation.empty()) same = std::min(same, index_t(conversation.size()) - 1);
        truncate(same);
        return conversation.subspan(std::size_t(same));
    }

    // Throws errc::argument for a token outside the vocabulary.
    void check(std::span<const token_t> tokens) const {
        const index_t vocabulary = model_->config().vocabulary;
        for (token_t t : tokens)
            if (t < 0 || t >= vocabulary)
                throw error(errc::argument, "no such token",
                            {.expected = "0 to " + std::to_string(vocabulary - 1), .found = std::to_string(t)});
    }

private:
    static session_options checked(const session_options& options) {
        if (options.rows < 1)
            throw error(errc::argument, "a step needs at least one row",
                        {.subject = "rows", .found = std::to_string(options.rows)});
        return options;
    }
    // The specification with the sizes that the model and the options give.
    static Spec fitted(Spec spec, const language_model& model, const session_options& options) {
        const index_t context = model.config().context;
        spec.places = spec.places > 0 ? std::min(spec.places, context) : context;
        if constexpr (requires { spec.chunk; }) spec.chunk = options.rows;
        return spec;
    }
    static index_t own_bytes(index_t vocabulary, index_t places, index_t rows) {
        return index_t(sizeof(float)) * vocabulary + index_t(sizeof(token_t)) * places +
               index_t(sizeof(std::int32_t)) * rows;
    }

    void answer_to(std::shared_ptr<const encoder_memory> source) {
        source_ = std::move(source);
        truncate(0);
        const index_t needed = workspace_bytes(*model_, stored_, context_, options_.rows, run_, source_.get());
        if (needed > memory_.capacity()) memory_ = workspace(needed);
    }

    void make_room(index_t more) {
        if (size() + more <= context_) return;
        if (options_.when_full == overflow::refuse || more > context_ - options_.sinks)
            throw error(errc::capacity, "the context is full",
                        {.expected = "at most " + std::to_string(context_) + " tokens",
                         .found = std::to_string(size() + more)});
        const index_t kept = std::min((context_ - options_.sinks) / 2, context_ - options_.sinks - more);
        forget({options_.sinks, size() - kept});
        forget_cache();
    }

    void forget_cache() {
        cache_.ref().truncate(0);
        cached_ = 0;
        has_logits_ = false;
    }

    // Runs f; if it throws, the session goes back to `before` tokens.
    template <class F>
    void guarded(index_t before, F f) {
        try {
            f();
        } catch (...) {
            cache_.ref().commit(std::span<const index_t>{});
            has_logits_ = false;
            forget({before, size()});
            if (cached_ > before) cached_ = cache_.ref().truncate(before);
            throw;
        }
    }

    // Rows that are embeddings among the first n tokens.
    index_t embedded_before(index_t n) const {
        return embedded_.empty() ? 0 : std::count(tokens_.begin(), tokens_.begin() + n, embedded_row);
    }
    void forget(range some) {
        const index_t width = model_->config().hidden;
        const index_t first = embedded_before(some.begin), last = embedded_before(some.end);
        embedded_.erase(embedded_.begin() + first * width, embedded_.begin() + last * width);
        tokens_.erase(tokens_.begin() + some.begin, tokens_.begin() + some.end);
    }

    // The embeddings of the next n tokens, row by row; nothing when all of them are tokens.
    tensor<float> embedded_rows(index_t n) const {
        index_t from = embedded_before(cached_);
        if (embedded_before(cached_ + n) == from) return {};
        const index_t width = model_->config().hidden;
        tensor<float> rows({n, width});
        for (index_t r = 0; r < n; ++r)
            if (tokens_[std::size_t(cached_ + r)] == embedded_row)
                std::copy_n(embedded_.data() + from++ * width, width, &rows(r, 0));
        return rows;
    }

    void run_pending(progress_ref progress) {
        const index_t first = cached_, total = size() - cached_;
        while (cached_ < size()) {
            const index_t n = std::min(options_.rows, size() - cached_);
            const bool last = cached_ + n == size();
            const index_t wanted[] = {n - 1};
            run_rows(n, {wanted, last ? std::size_t(1) : std::size_t(0)},
                     {{logits_.data(), {last ? 1 : 0, logits_.extent(0)}}, {}});
            has_logits_ = last;
            report(progress, cached_ - first, total);
        }
    }

    void run_with_outputs(index_t first, const outputs& out) {
        std::vector<index_t> wanted(std::size_t(options_.rows));
        for (index_t i = 0; i < options_.rows; ++i) wanted[std::size_t(i)] = i;
        while (cached_ < size()) {
            const index_t n = std::min(options_.rows, size() - cached_);
            const range rows{cached_ - first, cached_ - first + n};
            run_rows(n, std::span(wanted).first(std::size_t(n)),
                     {out.logits.empty() ? out.logits : out.logits.slice(rows),
                      out.hidden.empty() ? out.hidden : out.hidden.slice(rows)});
        }
        has_logits_ = !out.logits.empty();
        if (has_logits_) std::copy_n(&out.logits(out.logits.extent(0) - 1, 0), logits_.size(), logits_.data());
    }

    // One step over the next n tokens that have not run.
    void run_rows(index_t n, std::span<const index_t> wanted, const outputs& out) {
        for (index_t i = 0; i < n; ++i) positions_[std::size_t(i)] = static_cast<std::int32_t>(cached_ + i);
        const index_t offsets[] = {0, n};
        cache::ref cache = cache_.ref();
        const encoder_memory* const source = source_.get();
        const tensor<float> embedded = embedded_rows(n);
        const batch b{std::span<const token_t>(tokens_).subspan(std::size_t(cached_), std::size_t(n)),
                      std::span<const std::int32_t>(positions_).first(std::size_t(n)),
                      {offsets},
                      {&cache, 1},
                      wanted,
                      {&source, source != nullptr ? std::size_t(1) : std::size_t(0)},
                      embedded,
                      {&adapter_, adapter_ != no_adapter ? std::size_t(1) : std::size_t(0)}};
        model_->forward(b, out, memory_, run_, options_.watch);
        cache.commit();
        cached_ += n;
    }

    const language_model* model_;
    exec::executor_ref run_;
    session_options options_;
    cache::any cache_;
    workspace memory_;
    tensor<float, 1> logits_;
    index_t context_;
    quant::storage stored_;
    index_t adapter_;
    std::shared_ptr<const encoder_memory> source_;  // shared by forks
    std::vector<token_t> tokens_;
    std::vector<float> embedded_;  // of the tokens that are rows, in their order
    std::vector<std::int32_t> positions_;
    index_t cached_ = 0;  // tokens that have run
    bool has_logits_ = false;
};

}

namespace tessera::inline TESSERA_ABI {
using model::session;
}
