// Alternating updates (Baykal et al. 2023): a block runs on one of several streams, the others are predicted and
// corrected by what it found; the form of Gemma 3n.
#pragma once

#include <utility>
#include <vector>

#include "tessera/model/streams.hpp"
#include "tessera/norm/any.hpp"
#include "tessera/ops/streams.hpp"

namespace tessera::inline TESSERA_ABI::model {

// The first stream is the embedding; the others are projections of it, of its size. In the end they are projected
// back, and their mean is taken.
class altup_ends final : public stream_ends {
public:
    // A map [hidden, hidden] each way for each stream but the first.
    altup_ends(std::vector<gemm::affine> out, std::vector<gemm::affine> back)
        : out_(std::move(out)), back_(std::move(back)) {}

    index_t count() const override { return index_t(out_.size()) + 1; }
    index_t bytes() const override {
        index_t n = 0;
        for (const gemm::affine& map : out_) n += map.bytes();
        for (const gemm::affine& map : back_) n += map.bytes();
        return n;
    }

    void spread(view<const float> x, view<float> streams, const step& s) const override {
        const index_t width = x.extent(1);
        if (!s.memory.is_measuring()) ops::copy(x, ops::stream(streams, 0, width));
        for (std::size_t i = 0; i < out_.size(); ++i)
            project(out_[i], x, x, ops::stream(streams, index_t(i) + 1, width), s);
    }

    void join(view<float> streams, view<float> x, const step& s) const override {
        const workspace::frame scratch(s.memory);
        const index_t width = x.extent(1);
        const view<float> first = ops::stream(streams, 0, width);
        if (!s.memory.is_measuring()) ops::copy(first, x);
        const view<float> projected = s.memory.take<float>(x.extent(0), width);
        for (std::size_t i = 0; i < back_.size(); ++i) {
            project(back_[i], ops::stream(streams, index_t(i) + 1, width), first, projected, s);
            if (!s.memory.is_measuring()) ops::add(x, projected, x, s.run);
        }
        if (!s.memory.is_measuring()) ops::scale(x, 1.0f / static_cast<float>(count()), s.run);
    }

private:
    static constexpr float least_mean_square = 1e-5f;

    // to = map(x), of the size of `like`.
    static void project(const gemm::affine& map, view<const float> x, view<const float> like, view<float> to,
                        const step& s) {
        gemm::multiply_into({to}, x, map, s.memory, s.run);
        if (!s.memory.is_measuring()) ops::match_magnitude(to, like, least_mean_square, s.run);
    }

    std::vector<gemm::affine> out_, back_;
};

struct altup final : around_block {
    index_t active = 0;                  // the stream that the sublayers run on
    norm::any router_norm;               // over hidden
    gemm::affine router;                 // [streams, hidden]; its tanh weighs the coefficients
    gemm::affine prediction;             // [streams², streams]
    gemm::affine correction;             // [streams, streams], of one plus this
    any_mixer for_others{};              // reads the corrected active stream,
    tensor<float, 1> scale{};            // its columns times these, [hidden], or as they are where empty;
    norm::any after = norm::identity{};  // and what it gives is added to all streams but the first

    index_t bytes() const override {
        return router.bytes() + prediction.bytes() + correction.bytes() + for_others.bytes();
    }

    void operator()(view<float> streams, const layer_pass& pass,
                    function_ref<void(view<float> x)> sublayers) const override {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = streams.extent(0), n = router.outputs(), width = streams.extent(1) / n;
        const view<float> predicted = s.memory.take<float>(rows, n * width), x = s.memory.take<float>(rows, width);
        predict(streams, predicted, s);
        if (!s.memory.is_measuring()) ops::copy(ops::stream(predicted, active, width), x);
        sublayers(x);
        correct(predicted, x, streams, s);
        add_to_others(streams, width, pass);
    }

private:
    // to = map(tanh(router(norm(x)) / hidden)), in memory of the caller's frame.
    view<float> coefficients(const gemm::affine& map, view<const float> x, const step& s) const {
        const view<float> c = s.memory.take<float>(x.extent(0), map.outputs());
        const workspace::frame scratch(s.memory);
        const view<float> normed = s.memory.take<float>(x.extent(0), x.extent(1));
        const view<float> routed = s.memory.take<float>(x.extent(0), router.outputs());
        if (!s.memory.is_measuring()) norm::apply(router_norm, x, normed, s.run);
        gemm::multiply_into({routed, 1.0f / static_cast<float>(x.extent(1))}, normed, router, s.memory, s.run);
        if (!s.memory.is_measuring()) ops::map(ops::tanh{}, routed, routed, s.run);
        gemm::multiply_into({c}, routed, map, s.memory, s.run);
        return c;
    }

    void predict(view<const float> streams, view<float> predicted, const step& s) const {
        const workspace::frame scratch(s.memory);
        const index_t n = router.outputs();
        const view<const float> c = coefficients(prediction, ops::stream(streams, active, streams.extent(1) / n), s);
        if (!s.memory.is_measuring()) ops::mix_streams(streams, c, predicted, n, s.run);
    }

    void correct(view<const float> predicted, view<const float> found, view<float> streams, const step& s) const {
        const workspace::frame scratch(s.memory);
        const view<float> c = coefficients(correction, found, s);
        if (s.memory.is_measuring()) return;
        ops::map([](simd::floats v) { return v + simd::floats(1.0f); }, c, c, s.run);
        ops::correct_streams(predicted, found, active, c, streams, s.run);
    }

    void add_to_others(view<float> streams, index_t width, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const view<float> x = s.memory.take<float>(streams.extent(0), width);
        const view<float> y = s.memory.take<float>(streams.extent(0), width);
        if (!s.memory.is_measuring()) {
            ops::copy(ops::stream(streams, active, width), x);
            if (scale.size() != 0) ops::multiply(x, view<const float>(scale.data(), x.extents(), {0, 1}), x, s.run);
        }
        for_others(x, {y}, pass);
        if (s.memory.is_measuring()) return;
        norm::apply(after, y, y, s.run);
        for (index_t i = 1; i < router.outputs(); ++i) {
            const view<float> one = ops::stream(streams, i, width);
            ops::add(one, y, one, s.run);
        }
    }
};

}
