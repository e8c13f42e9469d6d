// A mixture of experts (Shazeer et al. 2017): a router sends each row to a few of many feed-forwards. No row is
// dropped, and what a row gets does not depend on the others.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/ffn/dense.hpp"
#include "tessera/ffn/dispatch.hpp"
#include "tessera/gemm/put_into.hpp"

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
        (*this)(x, x, to, memory, run);
    }

    // With other rows for the router than for the experts: both [rows, hidden].
    void operator()(view<const float> routed, view<const float> x, const gemm::destination& to, workspace& memory,
                    exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const index_t rows = x.extent(0);
        const view<float> sum = memory.take<float>(rows, to.y.extent(1));
        add_shared(x, sum, memory, run);
        const assignment sent = assign(router, routing, {index_t(experts.size()), chosen}, routed, memory, run);
        const view<float> in = memory.take<float>(rows, x.extent(1)), out = memory.take<float>(rows, sum.extent(1));
        for (index_t e = 0; e < index_t(experts.size()); ++e) {
            const std::span<const sent_row> of_expert = sent.of(e);
            const index_t n = memory.is_measuring() ? rows : index_t(of_expert.size());
            if (n == 0) continue;
            const view<float> some = in.slice({0, n}), result = out.slice({0, n});
            gather(x, of_expert, some, run);
            apply(experts[std::size_t(e)], some, {result}, memory, run);
            scatter(result, of_expert, sum, run);
        }
        if (memory.is_measuring()) return;
        gemm::put_into(to, sum, run);
    }

private:
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
};

}
