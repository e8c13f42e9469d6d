// The feed-forwards that every row goes through.
#pragma once

#include <variant>

#include "tessera/ffn/clamped_gated.hpp"
#include "tessera/ffn/gated.hpp"
#include "tessera/ffn/mlp.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

using dense = std::variant<gated, mlp, clamped_gated>;

// Of `dense`, and of any other variant of feed-forwards.
template <class... F>
index_t bytes(const std::variant<F...>& f) {
    return std::visit([](const auto& one) { return one.bytes(); }, f);
}

template <class... F>
index_t parameters(const std::variant<F...>& f) {
    return std::visit([](const auto& one) { return one.parameters(); }, f);
}

template <class... F>
void apply(const std::variant<F...>& f, view<const float> x, const gemm::destination& to, workspace& memory,
           exec::executor_ref run) {
    std::visit([&](const auto& one) { one(x, to, memory, run); }, f);
}

}
