// The feed-forwards that every row goes through.
#pragma once

#include <variant>

#include "tessera/ffn/gated.hpp"
#include "tessera/ffn/mlp.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

using dense = std::variant<gated, mlp>;

inline index_t bytes(const dense& f) {
    return std::visit([](const auto& one) { return one.bytes(); }, f);
}

inline void apply(const dense& f, view<const float> x, const gemm::destination& to, workspace& memory,
                  exec::executor_ref run) {
    std::visit([&](const auto& one) { one(x, to, memory, run); }, f);
}

}
