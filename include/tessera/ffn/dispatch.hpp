// Which rows go to which expert, and how they get there and back.
#pragma once

#include <algorithm>
#include <span>

#include "tessera/core/row_adapters.hpp"
#include "tessera/ffn/routing.hpp"
#include "tessera/gemm/affine.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

struct sent_row {
    index_t row;
    index_t slot;  // the expert is the row's first choice, its second, …
    float weight;
};

// The rows of expert e, in rising order, are entries[begin[e]] to entries[begin[e + 1]]; none while measuring.
struct assignment {
    const index_t* begin = nullptr;
    const sent_row* entries = nullptr;

    std::span<const sent_row> of(index_t expert) const {
        if (begin == nullptr) return {};
        return {entries + begin[expert], entries + begin[expert + 1]};
    }
};

struct expert_counts {
    index_t all, chosen;  // chosen for each row
};

// The experts of each row in order of preference, and their weights: [rows, chosen] both.
inline void choose(const gemm::affine& router, const any_routing& routing, expert_counts counts, view<const float> x,
                   index_t* picked, float* weights, workspace& memory, exec::executor_ref run) {
    const workspace::frame scratch(memory);
    const index_t rows = x.extent(0), count = counts.all, chosen = counts.chosen;
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

// router: [experts, hidden]; x: [rows, hidden]. The memory of the result belongs to the caller's frame.
inline assignment assign(const gemm::affine& router, const any_routing& routing, expert_counts counts,
                         view<const float> x, workspace& memory, exec::executor_ref run) {
    const index_t sent = x.extent(0) * counts.chosen;
    index_t* const begin = memory.take<index_t>(counts.all + 1);
    sent_row* const entries = memory.take<sent_row>(sent);
    const workspace::frame scratch(memory);
    index_t* const picked = memory.take<index_t>(sent);
    float* const weights = memory.take<float>(sent);
    choose(router, routing, counts, x, picked, weights, memory, run);
    if (memory.is_measuring()) return {};

    std::fill(begin, begin + counts.all + 1, 0);
    for (index_t i = 0; i < sent; ++i) ++begin[picked[i] + 1];
    for (index_t e = 0; e < counts.all; ++e) begin[e + 1] += begin[e];
    for (index_t i = 0; i < sent; ++i) entries[begin[picked[i]]++] = {i / counts.chosen, i % counts.chosen, weights[i]};
    std::copy_backward(begin, begin + counts.all, begin + counts.all + 1);  // each had moved on to the next's begin
    begin[0] = 0;
    return {begin, entries};
}

// to[i] = x[from[i].row]
inline void gather(view<const float> x, std::span<const sent_row> from, view<float> to, exec::executor_ref run) {
    exec::for_rows(run, index_t(from.size()), to.extent(1),
                   [&](index_t i) { std::copy_n(&x(from[std::size_t(i)].row, 0), x.extent(1), &to(i, 0)); });
}

// While an expert's rows are multiplied, n of them: none are known while measuring.
inline row_adapters adapters_of(std::span<const sent_row> rows, index_t n, workspace& memory) {
    return row_adapters::gathered(memory, n, [rows](index_t i) { return rows[std::size_t(i)].row; });
}

// sum[to[i].row] += to[i].weight · from[i]
inline void scatter(view<const float> from, std::span<const sent_row> to, view<float> sum, exec::executor_ref run) {
    exec::for_rows(run, index_t(to.size()), from.extent(1), [&](index_t i) {
        const sent_row& sent = to[std::size_t(i)];
        const simd::floats weight(sent.weight);
        float* const at = &sum(sent.row, 0);
        simd::map(&from(i, 0), at, at, from.extent(1),
                  [weight](simd::floats y, simd::floats s) { return simd::fmadd(y, weight, s); });
    });
}

}
