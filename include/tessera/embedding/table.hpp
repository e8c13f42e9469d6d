// A vector for each token: rows of a stored tensor, decoded when they are asked for.
#pragma once

#include <cassert>
#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/view.hpp"
#include "tessera/quant/any.hpp"
#include "tessera/quant/storage.hpp"
#include "tessera/simd/reduce.hpp"

namespace tessera::inline TESSERA_ABI::embedding {

// Refers to the bytes where they lie; whoever owns them must outlive it.
class table {
public:
    table() = default;
    explicit table(const quant::stored_tensor& rows) : rows_(rows) {
        if (rows.rank != 2)
            throw error(errc::shape, "an embedding has two axes", {.found = std::to_string(rows.rank) + " axes"});
    }

    index_t vocabulary() const { return rows_.extent(0); }
    index_t width() const { return rows_.extent(1); }
    quant::storage format() const { return rows_.format; }
    index_t bytes() const { return index_t(rows_.bytes.size()); }

    // x[r] = factor · row ids[r]. x: [ids, width], or narrower than the table by whole blocks of its format.
    void gather(std::span<const token_t> ids, view<float> x, float factor = 1.0f) const {
        assert(index_t(ids.size()) == x.extent(0) && x.extent(1) <= width());
        for (token_t id : ids) check(id);
        for (index_t r = 0; r < x.extent(0); ++r) {
            float* row = x.data() + r * x.stride(0);
            quant::decode_row(rows_.format, rows_.row(ids[std::size_t(r)]).data(), row, x.extent(1));
            if (factor == 1.0f) continue;
            simd::map(row, row, x.extent(1), [f = simd::floats(factor)](simd::floats v) { return v * f; });
        }
    }

private:
    void check(token_t id) const {
        if (id < 0 || id >= vocabulary())
            throw error(errc::argument, "the token is not in the vocabulary",
                        {.subject = "token",
                         .expected = "0 to " + std::to_string(vocabulary() - 1),
                         .found = std::to_string(id)});
    }

    quant::stored_tensor rows_;
};

}
