// A decoder-only language model whose attention is any score policy.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/attention/attend.hpp"
#include "tessera/attention/write.hpp"
#include "tessera/core/error.hpp"
#include "tessera/model/decoder_parts.hpp"
#include "tessera/model/language_model.hpp"

namespace tessera::inline TESSERA_ABI::model {

// f(span of the sequences' key_blocks<T>) for one layer, T being what the caches store.
template <class F>
void visit_keys(const step& s, index_t layer, F f) {
    const std::span<cache::ref> caches = s.batch.caches;
    cache::with_type(caches.front().stored(), [&]<class T>(T) {
        const auto view = [&](index_t i) { return caches[std::size_t(i)].view<T>(layer); };
        with_each(s.memory, index_t(caches.size()), view, [&](std::span<const key_blocks<T>> keys) { f(keys); });
    });
}

// f(policy) for a policy, or for the one that a variant holds.
template <attention::score_policy P, class F>
void visit_policy(const P& policy, F f) {
    f(policy);
}
template <class... P, class F>
void visit_policy(const std::variant<P...>& policy, F f) {
    std::visit(f, policy);
}

// Scores: a score policy, or a std::variant of several when layers differ.
template <class Scores>
class decoder final : public language_model {
public:
    // scores: one for each layer.
    decoder(decoder_parts parts, std::vector<Scores> scores)
        : parts_(std::move(parts)), scores_(std::move(scores)), cache_layers_(cache_layers(parts_)) {
        if (scores_.size() != parts_.layers.size())
            throw error(errc::argument, "a score policy is needed for each layer",
                        {.expected = std::to_string(parts_.layers.size()), .found = std::to_string(scores_.size())});
    }

    const decoder_config& config() const override { return parts_.config; }
    const decoder_parts& parts() const { return parts_; }
    cache::layout cache_layout() const override { return cache_layers_; }
    index_t weight_bytes() const override { return model::weight_bytes(parts_); }
    std::span<const block> layers() const override { return parts_.layers; }

    void forward(const batch& b, const outputs& out, workspace& memory, exec::executor_ref run,
                 observer* watch = nullptr) const override {
        const step s{b, memory, run, watch};
        run_decoder(parts_, out, s,
                    [&](const attending& at, const attention::heads& heads, view<const float> q, view<const float> k,
                        view<const float> v, view<float> o) {
                        if (at.keys_of == at.layer && !memory.is_measuring()) append(at.layer, k, v, s);
                        attend(at, heads, q, o, s);
                    });
    }

private:
    static void append(index_t layer, view<const float> keys, view<const float> values, const step& s) {
        for (index_t i = 0; i < s.batch.sequences.sequences(); ++i) {
            const range rows = s.batch.sequences[i];
            const auto positions = s.batch.positions.subspan(std::size_t(rows.begin), std::size_t(rows.size()));
            const cache::ref& cache = s.batch.caches[std::size_t(i)];
            const range places = cache.append(layer, positions);
            cache.visit(layer, [&](const auto& to) {
                attention::write(to, places, keys.slice(rows), values.slice(rows), s.run);
            });
        }
    }

    void attend(const attending& at, const attention::heads& heads, view<const float> q, view<float> out,
                const step& s) const {
        const bool watched = s.watch != nullptr && !s.memory.is_measuring() && s.watch->wants_attention(at.layer);
        visit_keys(s, at.keys_of, [&](auto keys) {
            visit_policy(scores_[std::size_t(at.layer)], [&](const auto& policy) {
                const auto run = [&](workspace& memory, std::span<const view<float>> mass) {
                    attention::attend(q, out, s.batch.positions, s.batch.sequences, keys, heads, policy, memory, s.run,
                                      mass);
                };
                watched ? show_attention(at.layer, keys, heads, s, run) : run(s.memory, {});
            });
        });
    }

    // Runs with memory of its own, and tells the observer what each place got.
    template <class Keys, class Run>
    static void show_attention(index_t layer, Keys keys, const attention::heads& heads, const step& s, Run run) {
        std::vector<tensor<float>> mass;
        for (const auto& k : keys) mass.emplace_back(std::array{heads.query, k.places.size()});
        const std::vector<view<float>> views(mass.begin(), mass.end());
        workspace count = workspace::measuring();
        run(count, views);
        workspace memory(count.high_water());
        run(memory, views);
        for (std::size_t i = 0; i < views.size(); ++i) s.watch->attention(layer, index_t(i), views[i]);
    }

    decoder_parts parts_;
    std::vector<Scores> scores_;
    std::vector<cache::layer> cache_layers_;
};

}
