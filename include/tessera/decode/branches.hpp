// Continuations of one session that run side by side: one packed step for all of them.
#pragma once

#include <algorithm>
#include <cassert>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tessera/cache/ref.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/model/encoder_memory.hpp"
#include "tessera/model/plan.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// A branch to be: which one it continues, and by what.
struct extension {
    index_t parent = 0;
    token_t token = 0;
};

// At first there is one branch, the session itself as it stands; the session is not changed. What a branch computes
// does not depend on the others.
class branches {
public:
    // most: branches at once; longest: tokens added to each, no more than the context has room for. Throws
    // errc::argument when the session has no logits.
    template <class Session>
    branches(const Session& root, index_t most, index_t longest)
        : model_(&root.model()),
          run_(root.executor()),
          source_(root.source()),
          adapter_(root.adapter()),
          past_(root.size()),
          tokens_(std::size_t(most)),
          next_tokens_(std::size_t(most)),
          logits_({most, root.model().config().vocabulary}),
          hidden_({most, root.model().config().hidden}) {
        if (root.logits().empty()) throw error(errc::argument, "a session without logits cannot be continued");
        for (auto* each : {&tokens_, &next_tokens_})
            for (std::vector<token_t>& t : *each) t.reserve(std::size_t(past_ + longest));
        tokens_.front().assign(root.tokens().begin(), root.tokens().end());
        std::copy(root.logits().begin(), root.logits().end(), logits_.data());
        reserve_rows(most);
        caches_.push_back(root.fork_cache());
        index_t bytes = 0;
        for (index_t n = 1; n <= most; ++n) bytes = std::max(bytes, bytes_of(n, past_ + longest));
        memory_ = workspace(bytes);
    }

    index_t size() const { return index_t(caches_.size()); }
    index_t most() const { return logits_.extent(0); }
    exec::executor_ref executor() const { return run_; }
    // The session's tokens and those that the branch has added.
    std::span<const token_t> tokens(index_t branch) const { return tokens_[std::size_t(branch)]; }
    std::span<const token_t> added(index_t branch) const { return tokens(branch).subspan(std::size_t(past_)); }
    // Of the token after the last; for the caller to edit: [size, vocabulary].
    view<float> logits() { return logits_.view().slice({0, size()}); }
    // After the final norm, of the last token; of the first branch they are known once it has advanced: [size, hidden].
    view<const float> hidden() const { return hidden_.view().slice({0, size()}); }

    // Branch i continues what branch next[i].parent was, and all run one token. Caches of branches that several
    // continue are forked; nothing else is allocated.
    void advance(std::span<const extension> next) {
        assert(index_t(next.size()) <= most());
        inherit(next);
        run_last_tokens();
    }

private:
    void reserve_rows(index_t most) {
        const auto n = std::size_t(most);
        caches_.reserve(n), next_caches_.reserve(n), refs_.reserve(n);
        rows_.resize(n), positions_.resize(n), children_.resize(n);
        offsets_.resize(n + 1);
        std::iota(offsets_.begin(), offsets_.end(), index_t(0));
        if (source_ != nullptr) sources_.assign(n, source_.get());
        if (adapter_ != no_adapter) adapters_.assign(n, adapter_);
    }
    index_t bytes_of(index_t sequences, index_t places) {
        return model::step_bytes(*model_, caches_.front().ref().stored(), places, sequences, 1, run_, source_.get());
    }

    void inherit(std::span<const extension> next) {
        std::fill(children_.begin(), children_.end(), 0);
        for (const extension& e : next) ++children_[std::size_t(e.parent)];
        for (index_t i = 0; i < size(); ++i)
            if (children_[std::size_t(i)] == 0) const cache::any dropped = std::move(caches_[std::size_t(i)]);
        for (std::size_t i = 0; i < next.size(); ++i) {
            const auto parent = std::size_t(next[i].parent);
            const bool last_child = --children_[parent] == 0;
            next_caches_.push_back(last_child ? std::move(caches_[parent]) : caches_[parent].fork());
            next_tokens_[i] = tokens_[parent];
            next_tokens_[i].push_back(next[i].token);
        }
        std::swap(caches_, next_caches_);
        std::swap(tokens_, next_tokens_);
        next_caches_.clear();
    }

    void run_last_tokens() {
        const auto n = caches_.size();
        refs_.clear();
        for (std::size_t i = 0; i < n; ++i) {
            refs_.push_back(caches_[i].ref());
            rows_[i] = tokens_[i].back();
            positions_[i] = static_cast<std::int32_t>(tokens_[i].size()) - 1;
        }
        const std::span<const index_t> offsets(offsets_);
        const model::batch b{std::span<const token_t>(rows_).first(n),
                             std::span<const std::int32_t>(positions_).first(n),
                             {offsets.first(n + 1)},
                             refs_,
                             offsets.first(n),
                             std::span<const model::encoder_memory* const>(sources_).first(sources_.empty() ? 0 : n),
                             {},
                             std::span<const index_t>(adapters_).first(adapters_.empty() ? 0 : n)};
        model_->forward(b, {logits(), hidden_.view().slice({0, size()})}, memory_, run_);
        for (const cache::ref& c : refs_) c.commit();
    }

    const model::language_model* model_;
    exec::executor_ref run_;
    std::shared_ptr<const model::encoder_memory> source_;
    index_t adapter_, past_;
    std::vector<cache::any> caches_, next_caches_;
    std::vector<std::vector<token_t>> tokens_, next_tokens_;
    tensor<float> logits_;  // [most, vocabulary]
    tensor<float> hidden_;  // [most, hidden]
    std::vector<cache::ref> refs_;
    std::vector<token_t> rows_;
    std::vector<std::int32_t> positions_;
    std::vector<index_t> offsets_, children_;  // offsets_: 0, 1, 2 …
    std::vector<const model::encoder_memory*> sources_;
    std::vector<index_t> adapters_;
    workspace memory_;
};

}
