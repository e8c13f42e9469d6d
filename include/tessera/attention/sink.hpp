// Attention sinks: a learned score for each head that takes part in the softmax and stands for no key, so that a head
// may attend to nothing (Xiao et al. 2023; gpt-oss).
#pragma once

#include <memory>
#include <utility>

#include "tessera/attention/policy.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI::attention {

// Copies share the scores.
struct sinks {
    std::shared_ptr<const tensor<float, 1>> scores;  // [query heads]

    explicit sinks(tensor<float, 1> of_heads) : scores(std::make_shared<const tensor<float, 1>>(std::move(of_heads))) {}

    float sink(const query& q) const { return scores->data()[q.head]; }
};

}
