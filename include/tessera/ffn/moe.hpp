// A mixture of experts (Shazeer et al. 2017): a router sends each row to a few of many feed-forwards. No row is
// dropped, and what a row gets does not depend on the others.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/ffn/dense.hpp"
#include "tessera/ffn/routing.hpp"
#include "tessera/ops/elementwise.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct moe {
    static constexpr std::string_view kind = "experts";

    gemm::affine router;  // [experts, hidden]
    any_routing routing;
    index_t chosen = 1;  // experts of a row
    std::vector<dense> experts{};
    std::optional<dense> shared{};              // runs on every row
    std::optional<gemm::affine> shared_gate{};  // [1, hidden]: its sigmoid weighs the shared one

    index_t bytes() const {
        index_t sum = router.bytes();
        for (const dense& e : experts) sum += ffn::bytes(e);
        if (shared) sum += ffn::bytes(*shared);
        if (shared_gate) sum += shared_gate->bytes();
        return sum;
    }

    // Of the experts that a row is not sent to.
    index_t idle_parameters() const {
        index_t all = 0;
        for (const dense& e : experts) all += ffn::parameters(e);
        return experts.empty() ? 0 : all - all / index_t(experts.size()) * chosen;
    }

    // x: [rows, hidden]. A row's experts are added up in the order of their numbers.
    void operator()(view<const float> x, const gemm::destination& to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0);
        const view<float> sum = memory.take<float>(rows, to.y.extent(1));
        add_shared(x, sum, memory, run);
        const assignment sent = assign(x, memory, run);
        const view<float> in = memory.take<float>(rows, x.extent(1)), out = memory.take<float>(rows, sum.extent(1));
        for (index_t e = 0; e < index_t(experts.size()); ++e) {
            const range places = memory.is_measuring() ? range{0, rows} : range{sent.begin[e], sent.begin[e + 1]};
            if (places.size() == 0) continue;
            const view<float> some = in.slice({0, places.size()}), result = out.slice({0, places.size()});
            if (!memory.is_measuring()) gather(x, sent.entries + places.begin, some, run);
            apply(experts[std::size_t(e)], some, {result}, memory, run);
            if (!memory.is_measuring()) scatter(result, sent.entries + places.begin, sum, run);
        }
        if (memory.is_measuring()) return;
        if (!to.accumulate) ops::fill(to.y, 0.0f);
        ops::add_scaled(to.y, sum, to.factor, run);
    }

private:
    struct entry {
        index_t row;
        float weight;
    };
    // The rows of expert e are entries[begin[e]] to entries[begin[e + 1]], in rising order.
    struct assignment {
        const index_t* begin;
        const entry* entries;
    };

    void add_shared(view<const float> x, view<float> sum, workspace& memory, exec::executor_ref run) const {
        if (!shared) {
            if (!memory.is_measuring()) ops::fill(sum, 0.0f);
            return;
        }
        apply(*shared, x, {sum}, memory, run);
        if (!shared_gate) return;
        const workspace::frame scratch(memory);
        const view<float> gate = memory.take<float>(x.extent(0), 1);
        const auto after = shared_gate->bias() | ops::sigmoid{};
        gemm::multiply(x, {{&shared_gate->weight, gate, after}}, memory, run);
        if (memory.is_measuring()) return;
        ops::scale_rows(sum, {gate.data(), std::size_t(x.extent(0))}, run);
    }

    // The memory of the result belongs to the caller's frame.
    assignment assign(view<const float> x, workspace& memory, exec::executor_ref run) const {
        const index_t rows = x.extent(0), count = index_t(experts.size());
        index_t* const begin = memory.take<index_t>(count + 1);
        entry* const entries = memory.take<entry>(rows * chosen);
        const workspace::frame scratch(memory);
        index_t* const picked = memory.take<index_t>(rows * chosen);
        float* const weights = memory.take<float>(rows * chosen);
        choose(x, picked, weights, memory, run);
        if (memory.is_measuring()) return {begin, entries};

        std::fill(begin, begin + count + 1, 0);
        for (index_t i = 0; i < rows * chosen; ++i) ++begin[picked[i] + 1];
        for (index_t e = 0; e < count; ++e) begin[e + 1] += begin[e];
        for (index_t i = 0; i < rows * chosen; ++i) entries[begin[picked[i]]++] = {i / chosen, weights[i]};
        std::copy_backward(begin, begin + count, begin + count + 1);  // each had moved on to where the next begins
        begin[0] = 0;
        return {begin, entries};
    }

    void choose(view<const float> x, index_t* picked, float* weights, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0), count = index_t(experts.size());
        const view<float> logits = memory.take<float>(rows, count), rank = memory.take<float>(rows, 2 * count);
        const auto after = router.bias();
        gemm::multiply(x, {{&router.weight, logits, after}}, memory, run);
        if (memory.is_measuring()) return;
        const auto part = [](float* at, index_t n) { return std::span<float>(at, std::size_t(n)); };
        exec::for_rows(run, rows, 8 * count, [&](index_t r) {
            const choice out{{picked + r * chosen, std::size_t(chosen)}, part(weights + r * chosen, chosen)};
            std::visit([&](const auto& route) { route(part(&logits(r, 0), count), part(&rank(r, 0), 2 * count), out); },
                       routing);
        });
    }

    static void gather(view<const float> x, const entry* from, view<float> to, exec::executor_ref run) {
        exec::for_rows(run, to.extent(0), to.extent(1),
                       [&](index_t i) { std::copy_n(&x(from[i].row, 0), x.extent(1), &to(i, 0)); });
    }
    static void scatter(view<const float> from, const entry* to, view<float> sum, exec::executor_ref run) {
        exec::for_rows(run, from.extent(0), from.extent(1), [&](index_t i) {
            const simd::floats weight(to[i].weight);
            float* const at = &sum(to[i].row, 0);
            simd::map(&from(i, 0), at, at, from.extent(1),
                      [weight](simd::floats y, simd::floats s) { return simd::fmadd(y, weight, s); });
        });
    }
};

}
