// Activation functions, usable on registers and floats, and after a product as its epilogue; and which one a model's
// configuration names.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tessera/core/error.hpp"
#include "tessera/simd/math.hpp"

namespace tessera::inline TESSERA_ABI::ops {

// Gives F, which has of(x), both call operators: of a value, and of the value at [row, column].
template <class F>
struct pointwise {
    template <class V>
    V operator()(V x) const {
        return static_cast<const F&>(*this).of(x);
    }
    template <class V>
    V operator()(V x, index_t, index_t) const {
        return static_cast<const F&>(*this).of(x);
    }
};

struct linear : pointwise<linear> {
    template <class V>
    static V of(V x) {
        return x;
    }
};

// max(0, x)
struct relu : pointwise<relu> {
    template <class V>
    static V of(V x) {
        return simd::max(V(0.0f), x);
    }
};

// relu(x)² (So et al. 2021)
struct relu_squared : pointwise<relu_squared> {
    template <class V>
    static V of(V x) {
        const V r = simd::max(V(0.0f), x);
        return r * r;
    }
};

struct sigmoid : pointwise<sigmoid> {
    template <class V>
    static V of(V x) {
        return simd::sigmoid(x);
    }
};

struct tanh : pointwise<tanh> {
    template <class V>
    static V of(V x) {
        return simd::tanh(x);
    }
};

// x · sigmoid(x), also called swish
struct silu : pointwise<silu> {
    template <class V>
    static V of(V x) {
        return simd::divide(x, V(1.0f) + simd::exp(-x));
    }
};

// x · Φ(x) = x/2 · erfc(-x/√2) (Hendrycks and Gimpel 2016)
struct gelu : pointwise<gelu> {
    template <class V>
    static V of(V x) {
        return V(0.5f) * x * simd::erfc(x * V(-0.70710678f));
    }
};

// x/2 · (1 + tanh u) = x / (1 + e^-2u), u = √(2/π) · (x + 0.044715 x³)
struct gelu_tanh : pointwise<gelu_tanh> {
    template <class V>
    static V of(V x) {
        const V minus_2u = x * simd::fmadd(x * x, V(-0.071354816f), V(-1.5957691f));
        return simd::divide(x, V(1.0f) + simd::exp(minus_2u));
    }
};

// x · sigmoid(1.702 x)
struct quick_gelu : pointwise<quick_gelu> {
    template <class V>
    static V of(V x) {
        return simd::divide(x, V(1.0f) + simd::exp(x * V(-1.702f)));
    }
};

// β x + α₊ x² above zero, β x + α₋ (eˣ - 1 - x) below, with learned α (Huang and Schlag 2024)
struct xielu : pointwise<xielu> {
    float above, below, beta;
    xielu(float alpha_above, float alpha_below, float b) : above(alpha_above), below(alpha_below), beta(b) {}

    template <class V>
    V of(V x) const {
        const V p = simd::max(V(0.0f), x), n = simd::min(V(0.0f), x);
        const V curved = simd::fmadd(V(above) * p, p, V(below) * (simd::exp(n) - V(1.0f) - n));
        return simd::fmadd(V(beta), x, curved);
    }
};

// ln(1 + e^x), with a small relative error also where it is tiny
struct softplus : pointwise<softplus> {
    template <class V>
    static V of(V x) {
        const V e = simd::exp(-simd::abs(x)), u = V(1.0f) + e;
        const V tail = simd::divide(simd::log(u) * e, u - V(1.0f));  // log(u) is off by what 1 + e lost
        return simd::max(V(0.0f), x) + simd::select(u == V(1.0f), e, tail);
    }
};

// cap · tanh(x / cap): what Gemma 2 does to scores and logits
struct softcap_to : pointwise<softcap_to> {
    float cap;
    explicit softcap_to(float c) : cap(c) {}

    template <class V>
    V of(V x) const {
        return V(cap) * simd::tanh(x * V(1.0f / cap));
    }
};

// One of those that configurations name, or whose constants are in the checkpoint: known when a model is loaded,
// visited once per product.
using any_activation =
    std::variant<linear, relu, relu_squared, sigmoid, tanh, silu, gelu, gelu_tanh, quick_gelu, xielu>;

// Calls f with the activation itself.
template <class F>
decltype(auto) visit(const any_activation& a, F&& f) {
    return std::visit(std::forward<F>(f), a);
}

// By the names in config.json.
inline any_activation activation_from(std::string_view name) {
    const std::pair<std::string_view, any_activation> known[] = {
        {"silu", silu{}},
        {"swish", silu{}},
        {"gelu", gelu{}},
        {"gelu_python", gelu{}},
        {"gelu_new", gelu_tanh{}},
        {"gelu_pytorch_tanh", gelu_tanh{}},
        {"gelu_python_tanh", gelu_tanh{}},
        {"gelu_accurate", gelu_tanh{}},
        {"gelu_fast", gelu_tanh{}},
        {"quick_gelu", quick_gelu{}},
        {"relu", relu{}},
        {"relu2", relu_squared{}},
        {"sigmoid", sigmoid{}},
        {"tanh", tanh{}},
        {"linear", linear{}},
    };
    std::string names;
    for (const auto& [spelling, activation] : known) {
        if (name == spelling) return activation;
        names += (names.empty() ? "" : ", ") + std::string(spelling);
    }
    throw error(errc::unsupported, "no such activation",
                {.subject = "activation", .expected = "one of " + names, .found = std::string(name)});
}

}
