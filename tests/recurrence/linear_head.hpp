// One head of random rows for the tests of recurrences whose state is a matrix.
#pragma once

#include <algorithm>

#include "support/catch.hpp"
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

// f(head, rows) for heads of several widths, with a decay for a row and with one for each key channel.
template <class F>
void each_shape(F f) {
    for (const index_t value_dim : {1, 7, 8, 33, 64, 70})
        for (const bool shared : {false, true}) {
            INFO(value_dim << " value columns, shared " << shared);
            const head h{11, 13, value_dim};
            f(h, h.all(shared));
        }
}

// Rows in several passes, in place, give the bits of one pass; no row at all keeps the state.
template <class F>
void check_carried(F recur) {
    const head h{17, 20, 41};
    const recurrence::linear_rows rows = h.all(true);
    tensor<float> out({h.rows, h.value_dim}), after({h.key_dim, h.value_dim}), carried = h.state;
    recur(rows, out.view(), h.state.data(), after.data());
    tensor<float> in_place = h.v;
    const view<float> stepped = in_place.view().columns({2, 2 + h.value_dim});
    for (const range some : {range{0, 1}, range{1, 1}, range{1, 9}, range{9, 17}}) {
        recurrence::linear_rows part = slice(rows, some);
        part.v = view<const float>(stepped).slice(some);
        recur(part, stepped.slice(some), carried.data(), carried.data());
    }
    for (index_t t = 0; t < h.rows; ++t) CHECK(std::equal(&out(t, 0), &out(t, 0) + h.value_dim, &stepped(t, 0)));
    CHECK(std::equal(after.data(), after.data() + after.size(), carried.data()));
    tensor<float> kept({h.key_dim, h.value_dim});
    recur(slice(rows, {0, 0}), out.view().slice({0, 0}), h.state.data(), kept.data());
    CHECK(std::equal(kept.data(), kept.data() + kept.size(), h.state.data()));
}

}
