// The feed-forwards that a layer read from a file may have.
#pragma once

#include "tessera/ffn/moe.hpp"

namespace tessera::inline TESSERA_ABI::ffn {

using any = std::variant<gated, mlp, moe>;

inline index_t bytes(const any& f) {
    return std::visit([](const auto& one) { return one.bytes(); }, f);
}

inline void apply(const any& f, view<const float> x, const gemm::destination& to, workspace& memory,
                  exec::executor_ref run) {
    std::visit([&](const auto& one) { one(x, to, memory, run); }, f);
}

}
