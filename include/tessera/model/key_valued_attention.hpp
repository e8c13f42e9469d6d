// Attention whose values are its keys as projected, before these are normalised and rotated (Gemma 4).
#pragma once

#include "tessera/model/self_attention.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct key_valued_attention {
    static constexpr std::string_view kind = self_attention::kind;

    self_attention inner;  // without a map to values

    index_t bytes() const { return inner.bytes(); }
    void remember(cache::layer& kept) const { inner.remember(kept); }

    void operator()(view<const float> x, const gemm::destination& to, const layer_pass& pass) const {
        const step& s = pass.s;
        const workspace::frame scratch(s.memory);
        const index_t rows = x.extent(0), width = inner.k.outputs();
        const self_attention::projections p{s.memory.take<float>(rows, inner.q.outputs()),
                                            s.memory.take<float>(rows, width), s.memory.take<float>(rows, width)};
        const gemm::bias q_bias = inner.q.bias(), k_bias = inner.k.bias();
        gemm::multiply(x, {{&inner.q.weight, p.q, q_bias}, {&inner.k.weight, p.k, k_bias}}, s.memory, s.run);
        if (!s.memory.is_measuring()) ops::copy(p.k, p.v);
        gemm::multiply_into(to, inner.mix(p, pass), inner.out, s.memory, s.run);
    }
};

}
