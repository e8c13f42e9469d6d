// One head of random rows for the tests of recurrences whose state is a matrix.
#pragma once

#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/recurrence/linear_rows.hpp"

namespace recurrence_test {

using namespace tessera;

inline tensor<float> random_matrix(index_t rows, index_t columns, std::uint64_t seed, float least = -1.0f) {
    tensor<float> x({rows, columns});
    for (index_t i = 0; i < x.size(); ++i)
        x.data()[i] = least + (1.0f - least) * random_uniform(seed, std::uint64_t(i));
    return x;
}

// Everything that a head reads, as columns of wider matrices.
struct head {
    index_t rows, key_dim, value_dim;
    tensor<float> q = random_matrix(rows, key_dim + 3, 1), k = random_matrix(rows, key_dim + 5, 2);
    tensor<float> v = random_matrix(rows, value_dim + 2, 3), gain = random_matrix(rows, 3, 4);
    tensor<float> decay = random_matrix(rows, key_dim, 5, 0.3f), state = random_matrix(key_dim, value_dim, 6);

    recurrence::linear_rows all(bool shared) const {
        const view<const float, 1> of_rows(decay.data(), {rows}, {key_dim});
        return {q.view().columns({2, 2 + key_dim}),
                k.view().columns({1, 1 + key_dim}),
                v.view().columns({2, 2 + value_dim}),
                {gain.data() + 1, {rows}, {3}},
                shared ? recurrence::shared_decay(of_rows, key_dim) : decay.view()};
    }
};

inline recurrence::linear_rows slice(const recurrence::linear_rows& r, range rows) {
    return {r.q.slice(rows), r.k.slice(rows), r.v.slice(rows), r.gain.slice(rows), r.decay.slice(rows)};
}

}
