// Low-rank adapters that are kept apart from the weights of a checkpoint: what each adds to which tensor.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/tensor.hpp"
#include "tessera/gemm/linear.hpp"

namespace tessera::inline TESSERA_ABI::models {

// W x becomes factor · (W x + b (a x)), the outputs in the order in which the checkpoint's file has them.
struct kept_factors {
    index_t adapter;            // its number
    tensor<float> a;            // [rank, inputs]
    tensor<float> b;            // [outputs, rank], times the adapter's scale
    tensor<float, 1> factor{};  // [outputs]; empty: ones
};

class kept_adapters {
public:
    const std::vector<std::string>& names() const { return names_; }
    void add_name(std::string name) { names_.push_back(std::move(name)); }

    // tensor: as the checkpoint calls it ("lm_head.weight").
    void add(const std::string& tensor, kept_factors f) { changes_[tensor].push_back(std::move(f)); }
    std::span<const kept_factors> of(std::string_view tensor) const {
        const auto found = changes_.find(tensor);
        return found == changes_.end() ? std::span<const kept_factors>{} : found->second;
    }
    // f(tensor) for each that is changed.
    template <class F>
    void each_tensor(F f) const {
        for (const auto& change : changes_) f(change.first);
    }

private:
    std::vector<std::string> names_;
    std::map<std::string, std::vector<kept_factors>, std::less<>> changes_;
};

// A matrix as it lies, some of its rows, or turned.
inline gemm::stored_matrix stored_rows(view<const float> w, std::span<const index_t> rows = {}) {
    constexpr index_t element = sizeof(float);
    const index_t outputs = rows.empty() ? w.extent(0) : index_t(rows.size());
    return {reinterpret_cast<const std::byte*>(w.data()), outputs, w.extent(1), w.stride(0) * element, element, rows};
}
inline gemm::stored_matrix stored_columns(view<const float> w) {
    constexpr index_t element = sizeof(float);
    return {reinterpret_cast<const std::byte*>(w.data()), w.extent(1), w.extent(0), element, w.stride(0) * element};
}

// A map of those outputs of a tensor, with what its adapters make of them.
inline gemm::linear with_adapters_of(gemm::linear map, std::span<const kept_factors> changes,
                                     std::span<const index_t> outputs, const gemm::weight_memory& memory) {
    for (const kept_factors& f : changes) {
        tensor<float, 1> factor({f.factor.size() > 0 ? map.outputs() : 0});
        for (index_t i = 0; i < factor.size(); ++i) factor(i) = f.factor(outputs[std::size_t(i)]);
        map.adapt(f.adapter, {stored_rows(f.a), stored_rows(f.b, outputs), std::move(factor), memory});
    }
    return map;
}

// The same where those rows of the tensor are the inputs: (W + b a)ᵀ = Wᵀ + aᵀ bᵀ. Throws errc::unsupported for
// factors.
inline gemm::linear with_turned_adapters(gemm::linear map, std::span<const kept_factors> changes, range inputs,
                                         const gemm::weight_memory& memory) {
    for (const kept_factors& f : changes) {
        if (f.factor.size() > 0)
            throw error(errc::unsupported, "no lengths of rows are kept apart for a map that is turned");
        const view<const float> b = f.b.view().slice(inputs);
        map.adapt(f.adapter, {stored_columns(b), stored_columns(f.a.view()), {}, memory});
    }
    return map;
}

}
