// Whichever vector for its position a model adds to an embedding: known when the model is loaded.
#pragma once

#include <span>
#include <variant>

#include "tessera/position/learned.hpp"
#include "tessera/position/sinusoidal.hpp"

namespace tessera::inline TESSERA_ABI::position {

// Positions enter elsewhere.
struct none {
    void add(view<float>, std::span<const std::int32_t>) const {}
};

using any = std::variant<none, learned, sinusoidal>;

inline void add(const any& to, view<float> x, std::span<const std::int32_t> positions) {
    std::visit([&](const auto& of_kind) { of_kind.add(x, positions); }, to);
}

}
