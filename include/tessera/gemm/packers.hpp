// From the matrices of a file to packed weights: here the kernels of every format are compiled.
#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "tessera/gemm/operand.hpp"
#include "tessera/gemm/packed.hpp"
#include "tessera/gemm/packed_blocks.hpp"
#include "tessera/quant/iq4_nl.hpp"
#include "tessera/quant/mxfp4.hpp"
#include "tessera/quant/q4_0.hpp"
#include "tessera/quant/q4_1.hpp"
#include "tessera/quant/q4_k.hpp"
#include "tessera/quant/q5_0.hpp"
#include "tessera/quant/q5_1.hpp"
#include "tessera/quant/q5_k.hpp"
#include "tessera/quant/q6_k.hpp"
#include "tessera/quant/q8_0.hpp"
#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::gemm {

namespace detail {

template <class Packed>
class held_weight final : public packed_weight {
public:
    explicit held_weight(Packed held) : held_(std::move(held)) {}
    index_t outputs() const override { return held_.outputs(); }
    index_t inputs() const override { return held_.inputs(); }
    index_t bytes() const override { return held_.bytes(); }
    void multiply(const operand& x, range columns, view<float> c) const override {
        if constexpr (requires { held_.multiply(x.codes, columns, c); }) {
            held_.multiply(x.codes, columns, c);
        } else {
            held_.multiply(x.x, columns, c);
        }
    }

private:
    Packed held_;
};

template <class Packed>
std::unique_ptr<const packed_weight> hold(Packed packed) {
    return std::make_unique<const held_weight<Packed>>(std::move(packed));
}

}

template <class...>
struct format_list {};

// A program of several translation units compiles the kernels once, in a file with
// `template struct tessera::gemm::packers_of<tessera::gemm::block_formats>;`, which the others declare `extern`.
template <class Formats>
struct packers_of;
template <class... Blocks>
struct packers_of<format_list<Blocks...>> {
    // Elements of a plain type. Null when it is not one.
    static std::unique_ptr<const packed_weight> plain(quant::storage type, const stored_matrix& source,
                                                      const weight_memory& memory);
    // The rows of t, all of them or those in `order`. Null when its format is none of these.
    static std::unique_ptr<const packed_weight> blocks(const quant::stored_tensor& t, std::span<const index_t> order,
                                                       const weight_memory& memory);
};

template <class... Blocks>
std::unique_ptr<const packed_weight> packers_of<format_list<Blocks...>>::plain(quant::storage type,
                                                                               const stored_matrix& source,
                                                                               const weight_memory& memory) {
    switch (type) {
        case quant::storage::f32: return detail::hold(packed<float>(source, memory));
        case quant::storage::f16: return detail::hold(packed<f16>(source, memory));
        case quant::storage::bf16: return detail::hold(packed<bf16>(source, memory));
        default: return nullptr;
    }
}

template <class... Blocks>
std::unique_ptr<const packed_weight> packers_of<format_list<Blocks...>>::blocks(const quant::stored_tensor& t,
                                                                                std::span<const index_t> order,
                                                                                const weight_memory& memory) {
    std::unique_ptr<const packed_weight> made;
    static_cast<void>(
        ((t.format == Blocks::id && (made = detail::hold(packed_blocks<Blocks>(t, order, memory)), true)) || ...));
    return made;
}

using block_formats = format_list<quant::q4_0, quant::q4_1, quant::q5_0, quant::q5_1, quant::q8_0, quant::q4_k,
                                  quant::q5_k, quant::q6_k, quant::iq4_nl, quant::mxfp4>;
using packers = packers_of<block_formats>;

}
