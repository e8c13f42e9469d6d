// The seam of a block: a mixer reads rows and gives what is added to the residual stream. Attention, recurrences and
// feed-forwards are mixers; a user's own may stand beside them.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "tessera/attention/heads.hpp"
#include "tessera/cache/layout.hpp"
#include "tessera/core/function_ref.hpp"
#include "tessera/gemm/affine.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/position/rope.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The layer that attends, and the one whose keys and values it attends to: itself, or an earlier one.
struct attending {
    index_t layer, keys_of;

    attending(index_t own) : attending(own, own) {}
    attending(index_t which, index_t to) : layer(which), keys_of(to) {}
};

// How the rows of one layer attend to one another and to the past, which is where keys and values are kept:
// q [rows, query heads · key_dim], k [rows, key heads · key_dim], v [rows, key heads · value_dim] →
// out [rows, query heads · value_dim]. The score policy is inside. Without keys of its own a layer gives none: k and v
// are not looked at.
using attend_ref = function_ref<void(const attending& at, const attention::heads& heads, view<const float> q,
                                     view<const float> k, view<const float> v, view<float> out)>;

// One pass through one layer: what its mixers get beside their rows.
struct layer_pass {
    const step& s;
    index_t layer;
    std::span<const position::rope> ropes;  // of the model
    attend_ref attend;
    view<const float> beside{};  // rows of this layer's own, [rows, width], if the stack has such
};

// Rows know of one another; `kind` names it to people ("attention").
template <class M>
concept token_mixer = requires(const M& m, view<const float> x, const gemm::destination& to, const layer_pass& pass) {
    m(x, to, pass);
    { M::kind } -> std::convertible_to<std::string_view>;
};

// Each row for itself: a feed-forward, which may have a `kind` too.
template <class M>
concept channel_mixer = requires(const M& m, view<const float> x, const gemm::destination& to, workspace& memory,
                                 exec::executor_ref run) {
    m(x, to, memory, run);
};

template <class M>
concept mixer = (token_mixer<M> || channel_mixer<M>)&&requires(const M& m) {
    { m.bytes() } -> std::convertible_to<index_t>;  // of its weights
};

// A mixer of which a row does not use all parameters, as with experts.
template <class M>
concept sparse = requires(const M& m) {
    { m.idle_parameters() } -> std::convertible_to<index_t>;
};

// A mixer that keeps something of each sequence adds it to its layer of the cache.
template <class M>
concept remembering = requires(const M& m, cache::layer& kept) {
    m.remember(kept);
};

// Any of them. Copies share the weights: layers may have one mixer in common. One virtual call per pass.
class any_mixer {
public:
    any_mixer() = default;
    template <mixer M>
    any_mixer(M m) : held_(std::make_shared<const holder<M>>(std::move(m))) {}

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        held_->run(x, to, pass);
    }
    std::string_view kind() const { return held_->kind(); }
    index_t bytes() const { return held_->bytes(); }
    void remember(cache::layer& kept) const { held_->remember(kept); }
    // Parameters that a row does not use.
    index_t idle_parameters() const { return held_->idle_parameters(); }

    // The mixer, if it is of this type.
    template <mixer M>
    const M* as() const {
        const auto* found = dynamic_cast<const holder<M>*>(held_.get());
        return found == nullptr ? nullptr : &found->m;
    }

private:
    struct any_holder {
        virtual ~any_holder() = default;
        virtual void run(view<const float> x, const gemm::destination& to, const layer_pass& pass) const = 0;
        virtual std::string_view kind() const = 0;
        virtual index_t bytes() const = 0;
        virtual void remember(cache::layer& kept) const = 0;
        virtual index_t idle_parameters() const = 0;
    };
    template <class M>
    struct holder final : any_holder {
        M m;
        explicit holder(M held) : m(std::move(held)) {}
        void run(view<const float> x, const gemm::destination& to, const layer_pass& pass) const override {
            if constexpr (token_mixer<M>) {
                m(x, to, pass);
            } else {
                m(x, to, pass.s.memory, pass.s.run);
            }
        }
        std::string_view kind() const override {
            if constexpr (requires { M::kind; }) {
                return m.kind;
            } else {
                return "feed_forward";
            }
        }
        index_t bytes() const override { return m.bytes(); }
        void remember([[maybe_unused]] cache::layer& kept) const override {
            if constexpr (remembering<M>) m.remember(kept);
        }
        index_t idle_parameters() const override {
            if constexpr (sparse<M>) {
                return m.idle_parameters();
            } else {
                return 0;
            }
        }
    };

    std::shared_ptr<const any_holder> held_;
};

}
