// Low-rank adapters that are kept apart from the weights of a checkpoint: what each adds to which tensor.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/tensor.hpp"

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

}
